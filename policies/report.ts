import type { Target } from "../ecosystem/targets.ts";
import { type Check, type CheckOutcome, judge, type Rule } from "./check.ts";
import { checks } from "./checks.ts";
import { type ExemptionState, exempted, trafficStateOf } from "./exemptions.ts";
import type { StackFacts } from "./facts.ts";
import { rules } from "./rules.ts";
import { type Band, bandOf, scoreOf } from "./score.ts";
import type { View } from "./view/view.ts";

/** What the fourteen checks and the hardening rules say about a stack. */
export type Report = {
  stack: string;
  target: Target | undefined;
  score: number;
  band: Band;
  /** The least score that the stack needs, and whether it may be deployed. */
  gate: { minimum: number; open: boolean };
  checks: (CheckOutcome & { id: number })[];
  rules: CheckOutcome[];
  exemptions: ExemptionState[];
};

/** Asks all checks and rules about a stack. */
export function report(view: View, facts: StackFacts): Report {
  const exemptions = facts.exemptions.map((exemption) => trafficStateOf(exemption, facts.now));
  const ask = (asked: Rule) => exempted(judge(asked, view, facts), exemptions);
  const asked = checks.map((check: Check) => ({ id: check.id, ...ask(check) }));
  const others = rules.map(ask);
  const score = scoreOf(asked.map(({ verdict }) => verdict));
  const { minimum, gates } = facts.level;
  const stopped = [...asked, ...others].some(({ name, verdict }) => verdict === "fail" && gates(name));
  return {
    stack: facts.stack,
    target: view.target,
    score: Math.round(score * 10) / 10,
    band: bandOf(score),
    gate: { minimum, open: score >= minimum && !stopped },
    checks: asked,
    rules: others,
    exemptions,
  };
}

/** 1 where anything failed, 2 where anything is only a warning, else 0. */
export function exitCodeOf({ checks, rules }: Report): 0 | 1 | 2 {
  const verdicts = [...checks, ...rules].map(({ verdict }) => verdict);
  return verdicts.includes("fail") ? 1 : verdicts.includes("warn") ? 2 : 0;
}
