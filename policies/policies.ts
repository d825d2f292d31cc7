import type { Policies, ResourceValidationPolicy, StackValidationArgs, StackValidationPolicy } from "@pulumi/policy";
import { judgeOne, type Rule } from "./check.ts";
import { checks } from "./checks.ts";
import { trafficStateOf } from "./exemptions.ts";
import type { StackFacts } from "./facts.ts";
import { fromEngine, type Marks } from "./readers/engine.ts";
import { type Report, report } from "./report.ts";
import { rules } from "./rules.ts";
import type { Finding } from "./verdict.ts";
import { viewOf } from "./view/view.ts";

export const PACK = "mahavishnu-readiness";

/** What the policies have to be told: the facts about a stack by its name, and what the engine leaves out. */
type Sources = { factsOf: (stack: string) => StackFacts; marks?: Marks; onReport?: (report: Report) => void };

/**
 * The checks and rules as Pulumi's policies: what one resource says by itself stops an update before that resource is
 * made, the whole is confirmed at the end, and what does not stop this stack is advice. They are three and not one for
 * each check, since the policy server reads every resource anew for each policy that it asks.
 */
export const policiesOf = (sources: Sources): Policies => [resources(sources), readiness(sources), advice(sources)];

const alone: readonly Rule[] = [...checks, ...rules].filter(({ each }) => each);

const resources = ({ factsOf, marks }: Sources): ResourceValidationPolicy => ({
  name: "resources",
  description: "What a resource says by itself, before it is made",
  enforcementLevel: "mandatory",
  validateResource(args, reportViolation) {
    const facts = factsOf(stackOf(args.urn));
    const resource = fromEngine(args, marks);
    for (const rule of alone.filter((rule) => stops(rule, facts))) {
      for (const finding of judgeOne(rule, resource, facts)) {
        if (finding.verdict === "fail") reportViolation(sentence(finding, rule), args.urn);
      }
    }
  },
});

const readiness = (sources: Sources): StackValidationPolicy => ({
  name: "readiness",
  description: "The fourteen checks, the hardening rules, and the score that a stack needs before it is deployed",
  enforcementLevel: "mandatory",
  validateStack(args, reportViolation) {
    const { found, facts } = reportOn(args, sources);
    sources.onReport?.(found);
    for (const [finding, rule] of findingsOf(found)) {
      if (finding.verdict === "fail" && facts.level.gates(rule.name)) {
        reportViolation(sentence(finding, rule), finding.urn);
      }
    }
    const { stack, score, gate } = found;
    if (score < gate.minimum) {
      reportViolation(
        `${stack} has a score of ${score} and needs ${gate.minimum}: npx maha readiness --stack ${stack}`,
      );
    }
  },
});

const advice = (sources: Sources): StackValidationPolicy => ({
  name: "advice",
  description: "What is not proven yet, and what does not stop this stack",
  enforcementLevel: "advisory",
  validateStack(args, reportViolation) {
    const { found, facts } = reportOn(args, sources);
    for (const [finding, rule] of findingsOf(found)) {
      const { verdict, urn } = finding;
      if (verdict === "warn" || (verdict === "fail" && !facts.level.gates(rule.name))) {
        reportViolation(sentence(finding, rule), urn);
      }
    }
  },
});

function reportOn(
  { resources }: StackValidationArgs,
  { factsOf, marks }: Sources,
): { found: Report; facts: StackFacts } {
  const facts = factsOf(stackOf(resources[0]?.urn));
  return { found: report(viewOf(resources.map((resource) => fromEngine(resource, marks))), facts), facts };
}

const findingsOf = ({ checks, rules }: Report) =>
  [...checks, ...rules].flatMap((outcome) => outcome.findings.map((finding) => [finding, outcome] as const));

/** Whether a rule stops a stack: it gates there, and nothing exempts it. */
const stops = ({ name }: Rule, { level, exemptions, now }: StackFacts): boolean =>
  level.gates(name) &&
  !exemptions.some((exemption) => exemption.rule === name && trafficStateOf(exemption, now).standing === "in force");

const sentence = ({ resource, reason }: Finding, { name, remedy }: Pick<Rule, "name" | "remedy">): string =>
  `${name}: ${resource}: ${reason}. To do: ${remedy}`;

/** `urn:pulumi:<stack>::...` */
function stackOf(urn: string | undefined): string {
  const stack = urn?.split(":")[2];
  if (!stack) throw new Error("there is no resource to judge");
  return stack;
}
