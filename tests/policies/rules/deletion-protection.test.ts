import { describe, expect, test } from "vitest";
import { deletionProtection } from "../../../policies/rules/deletion-protection.ts";
import { asked, type Cases, deployment, dockerService, factsOf, reasons, resource, UNKNOWN } from "../fixtures.ts";

const sql = (deletionProtection: unknown, protect: boolean) =>
  resource("gcp:sql/databaseInstance:DatabaseInstance", "db", { deletionProtection }, { protect });
const disk = (protect: boolean) => resource("gcp:compute/disk:Disk", "disk", {}, { protect });
const bucket = (forceDestroy: boolean) => resource("gcp:storage/bucket:Bucket", "bucket", { forceDestroy });
const volume = (protect: boolean) =>
  resource("docker:index/volume:Volume", "volume", { name: "session-buddy-data" }, { protect });
const claim = (protect: boolean) =>
  resource(
    "kubernetes:core/v1:PersistentVolumeClaim",
    "claim",
    { metadata: { name: "session-buddy-data" } },
    { protect },
  );
const good: Cases = [
  ["protected data", [sql(true, true), disk(true), bucket(false)]],
  ["a protected volume", [dockerService("session-buddy"), volume(true)]],
  ["a protected claim", [deployment("session-buddy"), claim(true)]],
  ["a volume without data of users", [dockerService("mahavishnu"), disk(true), volume(false)]],
];
const bad: Cases = [
  ["a database that can be deleted", [sql(false, true)]],
  ["a database that Pulumi can delete", [sql(true, false)]],
  ["a disk that can be deleted", [disk(false)]],
  ["a bucket that goes with all in it", [bucket(true)]],
  ["a volume that can be deleted", [dockerService("session-buddy"), volume(false)]],
  ["a claim that can be deleted", [deployment("session-buddy"), claim(false)]],
];
const unknown = [sql(UNKNOWN, true)];

describe("deletion-protection", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(deletionProtection, resources))).toBe("");
    expect(asked(deletionProtection, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(deletionProtection, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(deletionProtection, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
  test("does not apply to a disposable stack", () => {
    expect(asked(deletionProtection, [disk(false)], factsOf("local")).verdict).toBe("not-applicable");
  });
});
