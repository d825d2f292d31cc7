import { serviceNames } from "../../ecosystem/services.ts";
import { mandatory } from "../levels.ts";
import type { Report } from "../report.ts";
import type { Scan, Severity } from "./scanner.ts";

/** The lock files that say what runs: one of each image, and the deployment's own. */
export const lockFiles: readonly string[] = [
  ...serviceNames.map((name) => `images/${name}/requirements.lock`),
  "package-lock.json",
];

/** What is amiss with the stack itself weighs like a vulnerability: who reaches it, or what they can then do. */
const severityOf = (rule: string): Severity => (mandatory.includes(rule) ? "critical" : "high");

/** The result of a security audit: the vulnerabilities of what the images and the deployment are made of, and what the stack itself has open. */
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
