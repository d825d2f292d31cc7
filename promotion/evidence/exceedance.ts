import { assertCounts, assertFraction, logMeanExp, timesLog } from "./numbers.ts";

const multiples = [1.5, 2, 3, 5, 10, 20, 50, 100, 300];
const ceiling = 0.9;

/** Rates over the bound that the mixture bets on: multiples of the bound kept below 0.9, and 0.3 and 0.9; none twice, none at or under the bound. */
function gridOver(bound: number): number[] {
  const rates = [...multiples.map((multiple) => multiple * bound).filter((rate) => rate < ceiling), 0.3, ceiling];
  // 300 * 0.001 and 0.3 may differ in the last bit and are the same rate
  const distinct = rates.filter((rate, i) => rates.findIndex((other) => Math.abs(other - rate) < 1e-9 * rate) === i);
  return distinct.filter((rate) => rate > bound);
}

const grids = new Map<number, number[]>();

/** The rates over `bound` that the one-sample tests bet on, equally weighted. Throws a RangeError for a bound outside (0, 0.9). */
export function ratesOver(bound: number): number[] {
  assertFraction("the bound", bound);
  if (bound >= ceiling)
    throw new RangeError(`the bound is ${bound}, but no rate over it is left to test (under ${ceiling})`);
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
 * of a grid of worse rates against the bound. While the rate is at most `bound` it reaches 1/alpha at any time with probability
 * at most alpha (Ville's inequality), so it may be looked at after every request.
 * Throws a RangeError for counts or bounds that cannot be.
 * Source: Lindon, Sanden, Shirikian, KDD 2022 (arXiv 2205.14762); Howard & Ramdas, Bernoulli 2022 (arXiv 1906.09712).
 */
export const exceedanceEValue = (counts: { bound: number; failures: number; requests: number }): number =>
  Math.exp(logExceedance(counts));
