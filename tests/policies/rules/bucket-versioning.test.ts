import { describe, expect, test } from "vitest";
import { bucketVersioning } from "../../../policies/rules/bucket-versioning.ts";
import { asked, type Cases, reasons, resource, UNKNOWN } from "../fixtures.ts";

const bucket = (props: object) => resource("gcp:storage/bucket:Bucket", "bucket", props);
const good: Cases = [
  ["versions", [bucket({ versioning: { enabled: true } })]],
  ["a retention", [bucket({ retentionPolicy: { retentionPeriod: "86400" } })]],
];
const bad: Cases = [["neither", [bucket({})]]];
const unknown = [bucket({ versioning: UNKNOWN })];

describe("bucket-versioning", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(bucketVersioning, resources))).toBe("");
    expect(asked(bucketVersioning, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(bucketVersioning, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(bucketVersioning, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
  test("does not apply without a bucket", () => {
    expect(asked(bucketVersioning, []).verdict).toBe("not-applicable");
  });
});
