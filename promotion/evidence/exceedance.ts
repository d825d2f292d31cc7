import { assertCounts, assertFraction, logMeanExp, timesLog } from "./numbers.ts";

const multiples = [1.5, 2, 3, 5, 10, 20, 50, 100, 300];
const ceiling = 0.9;

/** The rates that the mixture bets on: multiples of the bound up to 0.9, and 0.3 and 0.9; distinct, and all over the bound. */
function gridOver(bound: number): number[] {
  const rates = [...multiples.map((multiple) => multiple * bound).filter((rate) => rate < ceiling), 0.3, ceiling];
  // 300 * 0.001 and 0.3 may differ in the last bit but are the same rate
  const distinct = rates.filter((rate, i) => rates.findIndex((other) => Math.abs(other - rate) < 1e-9 * rate) === i);
  return distinct.filter((rate) => rate > bound);
}

const grids = new Map<number, number[]>();

/** The rates over `bound` that the one-sample tests bet on, equally weighted. Throws a RangeError for a bound outside (0, 0.9). */
export function ratesOver(bound: number): number[] {
  assertFraction("the bound", bound);
  if (bound >= ceiling)
    throw new RangeError(`the bound is ${bound}, which leaves no higher rate to test (below ${ceiling})`);
  let grid = grids.get(bound);
  if (!grid) {
    grid = gridOver(bound);
    grids.set(bound, grid);
  }
  return grid;
}

/** log of (rate/bound)^failures ((1-rate)/(1-bound))^(requests-failures). */
export const logLikelihoodRatio = (rate: number, bound: number, failures: number, requests: number): number =>
  timesLog(failures, rate / bound) + timesLog(requests - failures, (1 - rate) / (1 - bound));

/** The natural logarithm of `exceedanceEValue`; does not overflow. */
export function logExceedance({
  bound,
  failures,
  requests,
}: {
  bound: number;
  failures: number;
  requests: number;
}): number {
  assertCounts(failures, requests);
  return logMeanExp(ratesOver(bound).map((rate) => logLikelihoodRatio(rate, bound, failures, requests)));
}

/**
 * Evidence that the true failure rate exceeds `bound` (a fraction), after `failures` in `requests`: the mixture likelihood ratio
 * of a grid of worse rates against the bound. While the rate is at most `bound` it ever reaches 1/alpha with probability
 * at most alpha (Ville's inequality), so it may be checked after every request.
 * Throws a RangeError for invalid counts or bounds.
 * Source: Lindon, Sanden, Shirikian, KDD 2022 (arXiv 2205.14762); Howard & Ramdas, Bernoulli 2022 (arXiv 1906.09712).
 */
export const exceedanceEValue = (counts: { bound: number; failures: number; requests: number }): number =>
  Math.exp(logExceedance(counts));
