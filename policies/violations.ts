import { judgeOne, type Rule } from "./check.ts";
import { checks } from "./checks.ts";
import { exemptionState } from "./exemptions.ts";
import type { StackFacts } from "./facts.ts";
import type { Report } from "./report.ts";
import type { Resource } from "./resource.ts";
import { rules } from "./rules.ts";
import type { Finding } from "./verdict.ts";

/** One sentence for the person who runs an update, and the URN of the resource that it is about; undefined if it is about the stack. */
export type Violation = { message: string; urn: string | undefined };

/** Why one resource, judged on its own, must not be created or updated. */
export const resourceViolations = (resource: Resource, facts: StackFacts): Violation[] =>
  resourceRules
    .filter((rule) => stops(rule, facts))
    .flatMap((rule) =>
      judgeOne(rule, resource, facts)
        .filter(({ verdict }) => verdict === "fail")
        .map((finding) => ({ ...violation(finding, rule), urn: resource.urn })),
    );

/** A report's reasons not to deploy the stack (`stops`), and its advice. */
export function stackViolations(report: Report, { level }: StackFacts): { stops: Violation[]; advice: Violation[] } {
  const findings = [...report.checks, ...report.rules].flatMap((outcome) =>
    outcome.findings.map((finding) => ({ finding, outcome, fatal: level.gates(outcome.name) })),
  );
  const { stack, score, gate } = report;
  const tooLow = `${stack} has a score of ${score} and needs ${gate.minimum}: npx maha readiness --stack ${stack}`;
  return {
    stops: [
      ...findings
        .filter(({ finding, fatal }) => finding.verdict === "fail" && fatal)
        .map(({ finding, outcome }) => violation(finding, outcome)),
      ...(score < gate.minimum ? [{ message: tooLow, urn: undefined }] : []),
    ],
    advice: findings
      .filter(({ finding, fatal }) => finding.verdict === "warn" || (finding.verdict === "fail" && !fatal))
      .map(({ finding, outcome }) => violation(finding, outcome)),
  };
}

const resourceRules: readonly Rule[] = [...checks, ...rules].filter(({ each }) => each);

/** Whether a failure of a rule stops a stack: it gates there, and no exemption is in force. */
const stops = ({ name }: Rule, { level, exemptions, now }: StackFacts): boolean =>
  level.gates(name) &&
  !exemptions.some((exemption) => exemption.rule === name && exemptionState(exemption, now).standing === "in force");

const violation = ({ resource, reason, urn }: Finding, { name, remedy }: Pick<Rule, "name" | "remedy">): Violation => ({
  message: `${name}: ${resource}: ${reason}. To do: ${remedy}`,
  urn,
});
