import { expect, test } from "vitest";
import { auditOf } from "../../../policies/evidence/audit.ts";
import { kinds } from "../../../policies/evidence/kinds.ts";
import type { Scan } from "../../../policies/evidence/scanner.ts";
import { reportOn } from "../../../policies/report.ts";
import { cloudService, digest, factsOf, resource } from "../fixtures.ts";

const scan: Scan = {
  scanner: "osv-scanner version: 2.5.0",
  packages: 3,
  locks: { "package-lock.json": digest("1") },
  vulnerabilities: [{ id: "GHSA-x", severity: "medium", where: "zod 1.0.0 in package-lock.json" }],
};
const invoker = (member: string) =>
  resource("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "called", {
    name: "akosha",
    role: "roles/run.invoker",
    member,
  });
const audited = (...more: ReturnType<typeof invoker>[]) =>
  auditOf(scan, reportOn([cloudService("akosha"), ...more], factsOf()));

test("an audit contains the scanner's findings and the stack's insecure settings, and is valid evidence", () => {
  const result = audited(invoker("allUsers"), resource("gcp:storage/bucket:Bucket", "open", {}));
  expect(result).toMatchObject({ critical: 1, high: 2, medium: 1, packages: 3 });
  expect(result.findings).toEqual([
    { id: "authentication", severity: "critical", where: "ServiceIamMember called" },
    { id: "bucket-versioning", severity: "high", where: "Bucket open" },
    { id: "no-public-bucket", severity: "high", where: "Bucket open" },
    { id: "GHSA-x", severity: "medium", where: "zod 1.0.0 in package-lock.json" },
  ]);
  expect(kinds["security-audit"].result.safeParse(result).success).toBe(true);
  expect(kinds["security-audit"].objection(result)).toMatchObject({ verdict: "fail" });
});

test("an audit without serious findings passes", () => {
  const result = audited(invoker("group:agents@test.dev"));
  expect(result.findings).toHaveLength(1);
  expect(kinds["security-audit"].objection(result)).toBeUndefined();
});
