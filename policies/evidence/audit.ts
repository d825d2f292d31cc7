import { serviceNames } from "../../ecosystem/services.ts";
import { mandatory } from "../levels.ts";
import type { Report } from "../report.ts";
import type { Scan, Severity } from "./scanner.ts";

/** The lock files of what runs: one per image, and the deployment's own. */
export const lockFiles: readonly string[] = [
  ...serviceNames.map((name) => `images/${name}/requirements.lock`),
  "package-lock.json",
];

/** An insecure setting of the stack weighs as much as a vulnerability. */
const severityOf = (rule: string): Severity => (mandatory.includes(rule) ? "critical" : "high");

/** The result of a security audit: the stack's own insecure settings, and vulnerabilities of the images' and the deployment's packages. */
export function auditOf({ scanner, packages, locks, vulnerabilities }: Scan, { checks, rules }: Report) {
  const own = [
    ...checks.filter(({ name }) => mandatory.includes(name) || name === "data-encryption"),
    ...rules,
  ].flatMap(({ name, findings }) =>
    findings
      .filter(({ verdict, urn }) => verdict === "fail" && urn !== undefined)
      .map(({ resource }) => ({ id: name, severity: severityOf(name), where: resource })),
  );
  const findings = [...own, ...vulnerabilities];
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    scanner,
    packages,
    critical: count("critical"),
    high: count("high"),
    medium: count("medium"),
    low: count("low"),
    unrated: count("unrated"),
    locks,
    findings,
  };
}
