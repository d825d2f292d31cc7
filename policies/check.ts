import { targets as everyTarget, type Target } from "../ecosystem/targets.ts";
import type { StackFacts } from "./facts.ts";
import { NotProven, type Resource } from "./resource.ts";
import { type CheckVerdict, type Finding, fail, notApplicable, warn, worst } from "./verdict.ts";
import type { View } from "./view/view.ts";

/** What a rule asks, of one resource by itself or of the whole stack; and the words for the person who has to act. */
type CheckQuestion = {
  /** Why it matters, in a sentence. */
  why: string;
  /** What to do where it does not hold. */
  remedy: string;
  /** The targets that it applies to; all where absent. */
  targets?: readonly Target[];
  /** Why there is nothing to ask of this stack; undefined where there is. */
  notApplicable?: (view: View, facts: StackFacts) => string | undefined;
  /** What one resource says by itself: asked before the resource is made, and again at the end. */
  each?: (resource: Resource) => readonly Finding[];
  /** What the stack says as a whole. */
  judge?: (view: View, facts: StackFacts) => readonly Finding[];
};

export type Rule = CheckQuestion & { name: string };
/** One of the fourteen, which make the score. */
export type Check = Rule & { id: number };

/** What a rule found. */
export type CheckOutcome = { name: string; verdict: CheckVerdict; findings: readonly Finding[]; remedy: string };

/** One of the fourteen checks. */
export const check = (id: number, name: string, question: CheckQuestion): Check => ({ id, name, ...question });

/** A hardening rule: it fails a stack, but does not count in the score. */
export const rule = (name: string, question: CheckQuestion): Rule => ({ name, ...question });

/** Asks a rule about a stack. Nothing to judge, an unknown input and a rule that throws are never a pass. */
export function judge(asked: Rule, view: View, facts: StackFacts): CheckOutcome {
  const findings = findingsOf(asked, view, facts);
  return {
    name: asked.name,
    verdict: worst(findings.map(({ verdict }) => verdict)),
    findings,
    remedy: asked.remedy,
  };
}

/** Asks a rule about one resource by itself. */
export const judgeOne = (asked: Rule, resource: Resource, facts: StackFacts): readonly Finding[] =>
  guarded(asked, facts, () => asked.each?.(resource) ?? []);

function findingsOf(asked: Rule, view: View, facts: StackFacts): readonly Finding[] {
  const { targets = everyTarget } = asked;
  if (view.target && !targets.includes(view.target)) {
    return [notApplicable("stack", `it is about ${targets.join(" and ")}`)];
  }
  const applies = guarded(asked, facts, () => {
    const reason = asked.notApplicable?.(view, facts);
    return reason === undefined ? [] : [notApplicable("stack", reason)];
  });
  if (applies.length > 0) return applies;
  const found = [
    ...view.resources.flatMap((resource) => judgeOne(asked, resource, facts)),
    ...guarded(asked, facts, () => asked.judge?.(view, facts) ?? []),
  ];
  return found.length > 0 ? found : [fail("stack", "nothing to judge: no resource of the kind exists")];
}

/** What was found, or why nothing could be. An error's own words stay out: they may hold a property's value. */
function guarded({ name }: Rule, { level }: StackFacts, ask: () => readonly Finding[]): readonly Finding[] {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof NotProven)) {
      return [fail("stack", `the rule ${name} itself failed (${(error as Error | undefined)?.name ?? "no error"})`)];
    }
    const reason = `not proven: ${error.path} is known only after the update`;
    const subject = { ...error.resource, protect: false, props: {}, references: {}, secretPaths: undefined };
    return [level.gates(name) ? fail(subject, reason) : warn(subject, reason)];
  }
}
