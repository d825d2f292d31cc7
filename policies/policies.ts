import type { Policies, ReportViolation, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { judge, judgeOne, type Rule } from "./check.ts";
import { checks } from "./checks.ts";
import { exempted, standingOf } from "./exemptions.ts";
import type { Facts } from "./facts.ts";
import { fromEngine, type Marks } from "./readers/engine.ts";
import { type Report, report } from "./report.ts";
import { rules } from "./rules.ts";
import type { Finding } from "./verdict.ts";
import { viewOf } from "./view/view.ts";

export const PACK = "mahavishnu-readiness";

/** What the policies have to be told: the facts about a stack by its name, and what the engine leaves out. */
type Sources = { factsOf: (stack: string) => Facts; marks?: Marks; onReport?: (report: Report) => void };

/**
 * The checks and rules as Pulumi's policies. What one resource says by itself stops an update before that resource is
 * made; the whole is confirmed at the end. Warnings, and what does not gate on this stack, only advise.
 */
export function policiesOf(sources: Sources): Policies {
  const all: Rule[] = [...checks, ...rules];
  return [
    ...all.filter(({ each }) => each).map((rule) => resourcePolicy(rule, sources)),
    ...all.map((rule) => stackPolicy(rule, sources)),
    advice(all, sources),
    readinessPolicy(sources),
  ];
}

const described = ({ why, remedy }: Rule) => ({
  description: why,
  remediationSteps: remedy,
  enforcementLevel: "mandatory" as const,
});

function resourcePolicy(rule: Rule, { factsOf, marks }: Sources): ResourceValidationPolicy {
  return {
    name: `${rule.name}-of-resource`,
    ...described(rule),
    validateResource(args, reportViolation) {
      const facts = factsOf(stackOf(args.urn));
      if (!stops(rule, facts)) return;
      violations(judgeOne(rule, fromEngine(args, marks), facts), rule, reportViolation);
    },
  };
}

function stackPolicy(rule: Rule, { factsOf, marks }: Sources): StackValidationPolicy {
  return {
    name: rule.name,
    ...described(rule),
    validateStack({ resources }, reportViolation) {
      const facts = factsOf(stackOf(resources[0]?.urn));
      if (!facts.level.gates(rule.name)) return;
      const view = viewOf(resources.map((resource) => fromEngine(resource, marks)));
      violations(outcomeOf(rule, view, facts).findings, rule, reportViolation);
    },
  };
}

function advice(all: readonly Rule[], { factsOf, marks }: Sources): StackValidationPolicy {
  return {
    name: "advice",
    description: "What is not proven yet, and what does not stop this stack",
    enforcementLevel: "advisory",
    validateStack({ resources }, reportViolation) {
      const facts = factsOf(stackOf(resources[0]?.urn));
      const view = viewOf(resources.map((resource) => fromEngine(resource, marks)));
      for (const rule of all) {
        const { findings } = outcomeOf(rule, view, facts);
        const advised = findings.filter(
          ({ verdict }) => verdict === "warn" || (verdict === "fail" && !facts.level.gates(rule.name)),
        );
        for (const finding of advised) reportViolation(sentence(finding, rule), finding.urn);
      }
    },
  };
}

function readinessPolicy({ factsOf, marks, onReport }: Sources): StackValidationPolicy {
  return {
    name: "readiness",
    description: "The score of the fourteen checks, which a stack must reach before it is deployed",
    enforcementLevel: "mandatory",
    validateStack({ resources }, reportViolation) {
      const facts = factsOf(stackOf(resources[0]?.urn));
      const found = report(viewOf(resources.map((resource) => fromEngine(resource, marks))), facts);
      onReport?.(found);
      if (found.score < found.gate.minimum) {
        reportViolation(
          `${facts.stack} has a score of ${found.score} and needs ${found.gate.minimum}: maha readiness --stack ${facts.stack}`,
        );
      }
    },
  };
}

const outcomeOf = (rule: Rule, view: ReturnType<typeof viewOf>, facts: Facts) =>
  exempted(
    judge(rule, view, facts),
    facts.exemptions.map((exemption) => standingOf(exemption, facts.now)),
  );

/** Whether a rule stops a stack: it gates there, and nothing exempts it. */
const stops = ({ name }: Rule, { level, exemptions, now }: Facts): boolean =>
  level.gates(name) &&
  !exemptions.some((exemption) => exemption.rule === name && standingOf(exemption, now).standing === "in force");

function violations(findings: readonly Finding[], rule: Rule, reportViolation: ReportViolation): void {
  for (const finding of findings) {
    if (finding.verdict === "fail") reportViolation(sentence(finding, rule), finding.urn);
  }
}

const sentence = ({ resource, reason }: Finding, { name, remedy }: Rule): string =>
  `${name}: ${resource}: ${reason}. To do: ${remedy}`;

/** `urn:pulumi:<stack>::...` */
function stackOf(urn: string | undefined): string {
  const stack = urn?.split(":")[2];
  if (!stack) throw new Error("there is no resource to judge");
  return stack;
}
