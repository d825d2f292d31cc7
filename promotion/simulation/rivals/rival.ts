import type { Percent } from "../../../ecosystem/units.ts";
import type { Scenario, SimulatedRun } from "../simulate.ts";
import { userStream } from "../stream.ts";

/**
 * A model of another tool's published rule: its settings as data, and its one decision per check. The tool's own delays (starting
 * instances, scraping, applying a share) are left out, so the model is never slower than the tool.
 */
export type Rival = {
  rule: string;
  /** What exactly is modelled, for readers of the comparison. */
  models: string;
  looks: Looks;
  start: RivalState;
  /** The rule's decision at a check. */
  decide(standing: RivalState, look: RivalLook): RivalState;
};

/** A rule's check interval, its trailing window, and the lag of its metrics, in seconds. */
type Looks = { every: number; window: number; lag: number };

/** A rule's state: the candidate's share, the failed checks so far, the second of the last shift, and the result. */
export type RivalState = {
  share: Percent;
  failedChecks: number;
  shiftedAt: number;
  result: "promoted" | "rolled-back" | null;
};

/** A rule's input at second `at`: the candidate's users' requests and failures in its window. */
export type RivalLook = { at: number; requests: number; failures: number };

/** A rule before its first check, with its first share in force. */
export const standing = (share: Percent): RivalState => ({ share, failedChecks: 0, shiftedAt: 0, result: null });

/** Runs a rival's rule on the same users as `simulateRun` with this seed and run, until the rule promotes or rolls back. */
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
