import type { Percent } from "../../../ecosystem/units.ts";
import type { Scenario, SimulatedRun } from "../simulate.ts";
import { userStream } from "../stream.ts";

/**
 * A model of another tool's published rule: its settings as data, and the one decision that it takes at each look. The tool's own delays
 * (starting instances, scraping, applying a share) are left out, so the model is never slower than the tool.
 */
export type Rival = {
  rule: string;
  /** What exactly is modelled, for the person who reads the comparison. */
  models: string;
  looks: Looks;
  start: RivalState;
  /** What the rule does after a look. */
  decide(standing: RivalState, look: Look): RivalState;
};

/** Every how many seconds a rule looks, at how many trailing seconds, and how many seconds late the metrics are. */
type Looks = { every: number; window: number; lag: number };

/** Where a rule stands: the share on the candidate, the failed checks so far, the second of the last shift, and how it ended. */
export type RivalState = {
  share: Percent;
  failedChecks: number;
  shiftedAt: number;
  result: "promoted" | "rolled-back" | null;
};

/** What a rule sees at second `at`: the candidate's users' requests and failures in its window. */
export type Look = { at: number; requests: number; failures: number };

/** A rule before its first look, with its first share in force. */
export const standing = (share: Percent): RivalState => ({ share, failedChecks: 0, shiftedAt: 0, result: null });

/** Tries a rival's rule on the same users as `simulateRun` has for this seed and run; it ends when the rule promotes or rolls back. */
export function simulateRival(
  rival: Rival,
  { rps, errorRate, seed }: Omit<Scenario, "plan">,
  run: number,
): SimulatedRun {
  const { every, window, lag } = rival.looks;
  const users = userStream({ rps, errorRate, seed, run });
  const totals = [{ requests: 0, failures: 0 }]; // of the candidate, up to each second
  const total = (second: number) => totals[Math.max(0, second)] as (typeof totals)[number];
  let now = rival.start;
  let second = 0;
  while (now.result === null) {
    const { candidate } = users.next(now.share);
    const { requests, failures } = total(second);
    totals.push({ requests: requests + candidate.requests, failures: failures + candidate.failures });
    second += 1;
    if (second % every !== 0) continue;
    const [from, to] = [total(second - lag - window), total(second - lag)];
    const seen = { requests: to.requests - from.requests, failures: to.failures - from.failures };
    now = rival.decide(now, { at: second, ...seen });
  }
  const { requests, failures } = total(second);
  return { result: now.result, reason: rival.rule, requests, errors: failures, seconds: second };
}
