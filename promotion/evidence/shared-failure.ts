import { logExceedance } from "./exceedance.ts";
import { timesLog } from "./numbers.ts";
import type { BinomialSample } from "./two-sample.ts";

/** Whether stable fails as the candidate does: surely, perhaps, not, or unclear because it answered too few requests. */
export type Sharing = "surely" | "perhaps" | "not" | "unclear";

/** The probability of calling equal revisions unequal, and of calling a stable at the bound surely over it. */
const CHANCE = { not: 0.001, surely: 0.05 };

/** One poll's counts of both revisions. */
type Poll = { stable: BinomialSample; candidate: BinomialSample };

/**
 * Whether stable shares a charge against the candidate, from a few polls. "not": the candidate has more of all failures than equal rates
 * explain (Chernoff's bound, each poll with its own traffic split), or stable answered nothing at all. "surely": stable exceeds `bound`
 * by evidence; "perhaps": by its raw rate.
 */
export function sharing(polls: readonly Poll[], bound: number): Sharing {
  const stable = polls.map((poll) => poll.stable).reduce(add, none);
  if (stable.requests === 0 || unequal(polls)) return "not";
  if (surelyOver(stable, bound)) return "surely";
  return stable.failures > bound * stable.requests ? "perhaps" : "unclear";
}

/** True when the sample is enough evidence that the true rate is over `bound`. */
export const surelyOver = ({ failures, requests }: BinomialSample, bound: number): boolean =>
  failures > bound * requests && // at or under the bound, bets on higher rates cannot gain
  logExceedance({ bound, failures, requests }) >= -Math.log(CHANCE.surely);

/** True when the candidate has more of all failures than equal rates explain. */
export function unequal(polls: readonly Poll[]): boolean {
  const failing = polls.filter(({ stable, candidate }) => stable.failures + candidate.failures > 0);
  const both = failing.map(({ stable, candidate }) => add(stable, candidate));
  const all = both.reduce(add, none).failures;
  const candidates = failing.reduce((sum, { candidate }) => sum + candidate.failures, 0);
  const fair = failing.reduce((sum, { candidate }, i) => {
    const { requests, failures } = both[i] as BinomialSample;
    return sum + (failures * candidate.requests) / requests;
  }, 0);
  const surprise =
    timesLog(candidates, candidates / fair) + timesLog(all - candidates, (all - candidates) / (all - fair));
  return candidates > fair && surprise >= -Math.log(CHANCE.not);
}

const none: BinomialSample = { requests: 0, failures: 0 };

const add = (a: BinomialSample, b: BinomialSample): BinomialSample => ({
  requests: a.requests + b.requests,
  failures: a.failures + b.failures,
});
