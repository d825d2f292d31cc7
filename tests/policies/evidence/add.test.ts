import { describe, expect, test } from "vitest";
import { type EvidenceSubject, makeEvidence } from "../../../policies/evidence/add.ts";
import { EvidenceError } from "../../../policies/evidence/evidence.ts";
import { kindNames, kinds } from "../../../policies/evidence/kinds.ts";
import { digest, digests, now, proving } from "../fixtures.ts";

const subject: EvidenceSubject = { stack: "prod", release: "r1", created: new Date("2027-01-10T00:00:00Z"), digests };
const asked = { subject, digests, date: now, by: "tests", now };

describe.each(kindNames)("evidence of %s", (kind) => {
  test("is created from its tool's output", () => {
    expect(makeEvidence({ ...asked, kind, result: proving[kind] })).toMatchObject({
      ...{ kind, stack: "prod", release: "r1", digests, by: "tests", date: now.toISOString() },
    });
    expect(kinds[kind].objection(proving[kind] as never)).toBeUndefined();
  });
  test.each([["nothing"], [{}], [null], [[]]])("is not created from %o", (result) => {
    expect(() => makeEvidence({ ...asked, kind, result })).toThrow(EvidenceError);
  });
  test("is rejected with a future date", () => {
    const date = new Date(now.getTime() + 1000);
    expect(() => makeEvidence({ ...asked, kind, result: proving[kind], date })).toThrow("dated in the future");
  });
  test("is rejected for another image, or a service of another release", () => {
    const other = { ...digests, akosha: digest("9") };
    expect(() => makeEvidence({ ...asked, kind, result: proving[kind], digests: other })).toThrow(
      "does not run this image of akosha",
    );
    expect(() => makeEvidence({ ...asked, kind, result: proving[kind], digests: { nobody: digest("9") } })).toThrow(
      "release r1 of prod has no service",
    );
  });
});

test("about images must name them, and must not be older than their release", () => {
  const tests = { ...asked, kind: "unit-tests", result: proving["unit-tests"] } as const;
  expect(() => makeEvidence({ ...tests, digests: {} })).toThrow("--digest SERVICE=sha256:...");
  expect(() => makeEvidence({ ...tests, date: new Date("2027-01-09T00:00:00Z") })).toThrow("older than the release");
});

test("about a stack must cover all services of the release, and name that stack", () => {
  const backup = makeEvidence({ ...asked, kind: "backup", result: proving.backup, digests: {} });
  expect(backup.digests).toEqual(digests);
  expect(() =>
    makeEvidence({ ...asked, kind: "secrets", result: { ...(proving.secrets as object), stack: "staging" } }),
  ).toThrow("about staging, not about prod");
});
