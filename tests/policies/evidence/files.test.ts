import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Evidence } from "../../../policies/evidence/evidence.ts";
import { readEvidence, writeEvidence } from "../../../policies/evidence/files.ts";
import { digests, filed } from "../fixtures.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "maha-evidence-"));
  for (const stack of ["staging", "prod"]) {
    mkdirSync(join(root, "releases", stack), { recursive: true });
    writeFileSync(join(root, "releases", stack, "r1.json"), JSON.stringify({ created: "2027-01-01T00:00:00.000Z" }));
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const evidence = (changes: Partial<Evidence> = {}) => filed("smoke", changes).evidence as Evidence;

test("written evidence is read back, from every stack with the release", () => {
  const one = evidence({ stack: "staging", digests: { akosha: digests.akosha } });
  expect(writeEvidence(root, one)).toBe("releases/staging/r1.evidence/smoke-akosha.json");
  const all = evidence({ stack: "prod" });
  expect(writeEvidence(root, all)).toBe("releases/prod/r1.evidence/smoke.json");
  expect(readEvidence(root, ["r1"])).toEqual([
    {
      ...{ file: "releases/prod/r1.evidence/smoke.json", stack: "prod", release: "r1", kind: "smoke" },
      ...{ since: new Date("2027-01-01T00:00:00Z"), evidence: all },
    },
    {
      ...{ file: "releases/staging/r1.evidence/smoke-akosha.json", stack: "staging", release: "r1", kind: "smoke" },
      ...{ since: new Date("2027-01-01T00:00:00Z"), evidence: one },
    },
  ]);
  expect(readEvidence(root, ["r2"])).toEqual([]);
});

test("what somebody has put where it is prepared is neither followed nor kept", () => {
  const folder = join(root, "releases", "prod", "r1.evidence");
  mkdirSync(folder);
  writeFileSync(join(root, "victim"), "untouched");
  symlinkSync(join(root, "victim"), join(folder, "smoke.json.new"));
  writeEvidence(root, evidence({ stack: "prod" }));
  expect(readFileSync(join(root, "victim"), "utf8")).toBe("untouched");
  expect(readdirSync(folder)).toEqual(["smoke.json"]);
});

test("newer evidence replaces older, and older does not replace newer", () => {
  writeEvidence(root, evidence({ date: "2027-01-19T00:00:00.000Z" }));
  writeEvidence(root, evidence({ date: "2027-01-20T00:00:00.000Z" }));
  expect(() => writeEvidence(root, evidence({ date: "2027-01-18T00:00:00.000Z" }))).toThrow("newer than");
  const folder = join(root, "releases/staging/r1.evidence");
  expect(readdirSync(folder)).toEqual(["smoke.json"]);
  expect(readEvidence(root, ["r1"])[0]?.evidence?.date).toBe("2027-01-20T00:00:00.000Z");
});

test.each([
  ["broken", "{"],
  ["something else", "{}"],
])("a file that is %s is told as what its name says, without content", (_, content) => {
  const folder = join(root, "releases/prod/r1.evidence");
  mkdirSync(folder);
  writeFileSync(join(folder, "unit-tests-akosha.json"), content);
  writeFileSync(join(folder, "note.json"), content);
  expect(readEvidence(root, ["r1"]).map(({ kind, evidence }) => [kind, evidence])).toEqual([
    [undefined, undefined],
    ["unit-tests", undefined],
  ]);
});
