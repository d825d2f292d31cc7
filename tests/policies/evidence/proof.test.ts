import { describe, expect, test } from "vitest";
import { kindNames, kinds } from "../../../policies/evidence/kinds.ts";
import { proofOf } from "../../../policies/evidence/proof.ts";
import { viewOf } from "../../../policies/view/view.ts";
import { cloudService, digest, digests, factsOf, filed, now } from "../fixtures.ts";

const view = viewOf((Object.keys(digests) as (keyof typeof digests)[]).map((name) => cloudService(name)));
const proven = (kind: (typeof kindNames)[number], ...evidence: ReturnType<typeof filed>[]) =>
  proofOf(kind, view, factsOf("prod", { evidence })).map(({ verdict, reason }) => `${verdict}: ${reason}`);
const old = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();

describe.each(kindNames)("%s", (kind) => {
  const { hours, about } = kinds[kind];
  const since = new Date("2020-01-01T00:00:00Z");

  test("proves its claim", () => {
    expect(proven(kind, filed(kind))).toEqual([expect.stringMatching(/^pass: /)]);
  });
  test("is only a warning when missing", () => {
    expect(proven(kind)).toEqual([expect.stringMatching(/^warn: no evidence of .*maha/)]);
  });
  test("of the future is stale", () => {
    expect(proven(kind, filed(kind, { date: old(-1) }))).toEqual(["fail: stale: it is dated in the future"]);
  });
  test(hours === undefined ? "never goes stale" : `goes stale after ${hours} hours`, () => {
    const verdict = (age: number) => proven(kind, filed(kind, { date: old(age), since }))[0];
    if (hours === undefined) return expect(verdict(50_000)).toMatch(/^pass/);
    expect(verdict(hours - 0.1)).toMatch(/^pass/);
    expect(verdict(hours + 0.1)).toMatch(/^fail: stale: it is older than/);
  });
  test("of another image is foreign", () => {
    const other = filed(kind, { digests: { ...digests, akosha: digest("9") } });
    expect(proven(kind, other)[0]).toMatch(/^fail: foreign/);
  });
  test("of another release, filed here, is foreign", () => {
    expect(proven(kind, filed(kind, { release: "r0" }))[0]).toMatch(/^fail: foreign/);
  });
  test("that is not valid fails", () => {
    expect(proven(kind, { ...filed(kind), evidence: undefined })[0]).toMatch(/^fail: it is not valid evidence/);
    expect(proven(kind, { ...filed(kind), evidence: undefined, kind: undefined })[0]).toMatch(
      /^fail: it is not valid evidence/,
    );
  });
  test("is judged by its newest record, whatever the older ones say", () => {
    const bad = { "unit-tests": { failed: 1 }, backup: { bytes: 0 }, pager: { acknowledged: false } }[kind as string];
    if (!bad) return;
    const worse = filed(kind, { date: old(0.5), result: { ...(filed(kind).evidence?.result as object), ...bad } });
    expect(proven(kind, filed(kind), worse)[0]).toMatch(/^fail/);
    expect(proven(kind, filed(kind, { date: old(0.1) }), worse)[0]).toMatch(/^pass/);
  });
  test(about === "images" ? "carries from staging" : "is of its own stack alone", () => {
    const staging = filed(kind, { stack: "staging" });
    expect(proven(kind, staging)[0]).toMatch(about === "images" ? /^pass/ : /^warn/);
  });
});

test("about images must not be older than their release", () => {
  const date = old(2);
  expect(proven("unit-tests", filed("unit-tests", { date, since: new Date(old(1)) }))).toEqual([
    "fail: stale: it is older than the release",
  ]);
});
