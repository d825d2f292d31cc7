import type { Policies, StackValidationArgs } from "@pulumi/policy";
import type { StackFacts } from "./facts.ts";
import { fromEngine } from "./readers/engine.ts";
import { reportOn } from "./report.ts";
import { resourceViolations, stackViolations, type Violation } from "./violations.ts";

export const PACK = "mahavishnu-readiness";

/**
 * The checks and rules as Pulumi's policies, given the facts about a stack by its name. What is wrong with one resource
 * stops an update before that resource is created; the whole stack is judged at the end; the rest is advice. They are
 * three instead of one per check, because the policy server deserializes every resource again for each policy.
 */
export function policiesOf(factsOf: (stack: string) => StackFacts): Policies {
  const violationsOf = ({ resources }: StackValidationArgs) => {
    const facts = factsOf(stackOf(resources[0]?.urn));
    return stackViolations(reportOn(resources.map(fromEngine), facts), facts);
  };
  return [
    {
      name: "resources",
      description: "Each resource on its own, before it is created",
      enforcementLevel: "mandatory",
      validateResource: (args, report) =>
        each(resourceViolations(fromEngine(args), factsOf(stackOf(args.urn))), report),
    },
    {
      name: "readiness",
      description: "The fourteen checks, the hardening rules, and the score that a stack needs before it is deployed",
      enforcementLevel: "mandatory",
      validateStack: (args, report) => each(violationsOf(args).stops, report),
    },
    {
      name: "advice",
      description: "Unproven requirements, and failures that do not block this stack",
      enforcementLevel: "advisory",
      validateStack: (args, report) => each(violationsOf(args).advice, report),
    },
  ];
}

function each(violations: readonly Violation[], report: (message: string, urn?: string) => void): void {
  for (const { message, urn } of violations) report(message, urn);
}

/** `urn:pulumi:<stack>::...` */
function stackOf(urn: string | undefined): string {
  const stack = urn?.split(":")[2];
  if (!stack) throw new Error("there is no resource to judge");
  return stack;
}
