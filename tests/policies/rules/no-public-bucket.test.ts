import { describe, expect, test } from "vitest";
import { noPublicBucket } from "../../../policies/rules/no-public-bucket.ts";
import { asked, type Cases, reasons, resource, UNKNOWN } from "../fixtures.ts";

const bucket = (props: object) => resource("gcp:storage/bucket:Bucket", "bucket", props);
const good: Cases = [
  ["enforced prevention", [bucket({ publicAccessPrevention: "enforced", uniformBucketLevelAccess: true })]],
];
const bad: Cases = [
  ["an inherited prevention", [bucket({ publicAccessPrevention: "inherited", uniformBucketLevelAccess: true })]],
  ["access by object", [bucket({ publicAccessPrevention: "enforced" })]],
];
const unknown = [bucket({ publicAccessPrevention: UNKNOWN })];

describe("no-public-bucket", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(noPublicBucket, resources))).toBe("");
    expect(asked(noPublicBucket, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(noPublicBucket, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(noPublicBucket, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
  test("does not apply without a bucket", () => {
    expect(asked(noPublicBucket, []).verdict).toBe("not-applicable");
  });
});
