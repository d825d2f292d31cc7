import { targets as everyTarget, type Target } from "../ecosystem/targets.ts";
import type { StackFacts } from "./facts.ts";
import { NotProven, type Resource } from "./resource.ts";
import { type CheckOutcome, type Finding, fail, notApplicable, warn, worst } from "./verdict.ts";
import type { View } from "./view/view.ts";

/** A rule: how it judges one resource or the whole stack, and what it says to the person who must act. */
type Judgement = {
  /** Why it matters, in one sentence. */
  why: string;
  /** What to do when it fails. */
  remedy: string;
  /** The targets that it applies to; all by default. */
  targets?: readonly Target[];
  /** Why the rule does not apply to this stack; undefined if it does. */
  notApplicable?: (view: View, facts: StackFacts) => string | undefined;
  /** Judges one resource on its own: before it is created, and again as part of the stack. */
  each?: (resource: Resource) => readonly Finding[];
  /** Judges the stack as a whole. */
  judge?: (view: View, facts: StackFacts) => readonly Finding[];
};

export type Rule = Judgement & { name: string };
/** One of the fourteen that make up the score. */
export type Check = Rule & { id: number };

/** One of the fourteen checks. */
export const check = (id: number, name: string, judgement: Judgement): Check => ({ id, name, ...judgement });

/** A hardening rule: its failure stops a stack, but does not count in the score. */
export const rule = (name: string, judgement: Judgement): Rule => ({ name, ...judgement });

/** Applies a rule to a stack. Nothing to judge, an unknown input or an exception in the rule is never a pass. */
export function judge(rule: Rule, view: View, facts: StackFacts): CheckOutcome {
  const findings = findingsOf(rule, view, facts);
  const { name, remedy } = rule;
  return { name, verdict: worst(findings.map(({ verdict }) => verdict)), findings, remedy };
}

/** Applies a rule to one resource on its own. */
export const judgeOne = (rule: Rule, resource: Resource, facts: StackFacts): readonly Finding[] =>
  contained(rule, facts, () => rule.each?.(resource) ?? []);

function findingsOf(rule: Rule, view: View, facts: StackFacts): readonly Finding[] {
  const { targets = everyTarget } = rule;
  if (view.target && !targets.includes(view.target)) {
    return [notApplicable("stack", `applies only to ${targets.join(" and ")}`)];
  }
  const exclusion = contained(rule, facts, () => {
    const reason = rule.notApplicable?.(view, facts);
    return reason === undefined ? [] : [notApplicable("stack", reason)];
  });
  if (exclusion.length > 0) return exclusion;
  const findings = [
    ...view.resources.flatMap((resource) => judgeOne(rule, resource, facts)),
    ...contained(rule, facts, () => rule.judge?.(view, facts) ?? []),
  ];
  return findings.length > 0 ? findings : [fail("stack", "the stack has no resource that this check could judge")];
}

/** A rule's findings, or the reason why there are none. An error's message stays out: it may contain a property's value. */
function contained({ name }: Rule, { level }: StackFacts, find: () => readonly Finding[]): readonly Finding[] {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof NotProven)) {
      return [
        fail("stack", `the rule ${name} threw an exception (${(error as Error | undefined)?.name ?? "no error"})`),
      ];
    }
    const reason = `not proven: ${error.path} is known only after the update`;
    const subject = { ...error.resource, protect: false, props: {}, references: {}, secretPaths: undefined };
    return [level.gates(name) ? fail(subject, reason) : warn(subject, reason)];
  }
}
