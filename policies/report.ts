import type { Target } from "../ecosystem/targets.ts";
import { judge, type Rule } from "./check.ts";
import { checks } from "./checks.ts";
import { type ExemptionState, exempted, exemptionState } from "./exemptions.ts";
import type { StackFacts } from "./facts.ts";
import type { Resource } from "./resource.ts";
import { rules } from "./rules.ts";
import { type Band, bandOf, scoreOf } from "./score.ts";
import type { CheckOutcome } from "./verdict.ts";
import { viewOf } from "./view/view.ts";

/** The outcome of the fourteen checks and the hardening rules for one stack. */
export type Report = {
  stack: string;
  target: Target | undefined;
  score: number;
  band: Band;
  /** The lowest score that the stack may be deployed with, and whether it may be deployed now. */
  gate: { minimum: number; open: boolean };
  checks: (CheckOutcome & { id: number })[];
  rules: CheckOutcome[];
  exemptions: ExemptionState[];
};

/** Runs all checks and rules over the resources of a stack. */
export function reportOn(resources: readonly Resource[], facts: StackFacts): Report {
  const view = viewOf(resources);
  const exemptions = facts.exemptions.map((exemption) => exemptionState(exemption, facts.now));
  const outcomeOf = (rule: Rule) => exempted(judge(rule, view, facts), exemptions);
  const numbered = checks.map((check) => ({ id: check.id, ...outcomeOf(check) }));
  const unnumbered = rules.map(outcomeOf);
  const score = scoreOf(numbered.map(({ verdict }) => verdict));
  const { minimum, gates } = facts.level;
  const stopped = [...numbered, ...unnumbered].some(({ name, verdict }) => verdict === "fail" && gates(name));
  return {
    stack: facts.stack,
    target: view.target,
    score: Math.round(score * 10) / 10,
    band: bandOf(score),
    gate: { minimum, open: score >= minimum && !stopped },
    checks: numbered,
    rules: unnumbered,
    exemptions,
  };
}

/** 1 if anything failed, else 2 if anything is a warning, else 0. */
export function exitCodeOf({ checks, rules }: Report): 0 | 1 | 2 {
  const verdicts = [...checks, ...rules].map(({ verdict }) => verdict);
  return verdicts.includes("fail") ? 1 : verdicts.includes("warn") ? 2 : 0;
}
