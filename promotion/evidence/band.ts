import { assertCounts, assertFraction, timesLog } from "./numbers.ts";

/**
 * A confidence sequence for the failure rate (fractions): with probability 1 - `alpha` the true rate is inside the band at all times
 * simultaneously, so it is valid at every look. Beta(1/2, 1/2) mixture. Throws a RangeError for invalid counts or alpha.
 * Source: Howard & Ramdas, Bernoulli 2022 (arXiv 1906.09712).
 */
export function confidenceBand({ failures, requests, alpha }: { failures: number; requests: number; alpha: number }): {
  lower: number;
  upper: number;
} {
  assertCounts(failures, requests);
  assertFraction("alpha", alpha);
  const mixture = logBeta(0.5 + failures, 0.5 + requests - failures) - logBeta(0.5, 0.5);
  const holds = (rate: number) =>
    mixture < -Math.log(alpha) + timesLog(failures, rate) + timesLog(requests - failures, 1 - rate);
  const likeliest = requests === 0 ? 0.5 : failures / requests;
  return {
    lower: holds(0) ? 0 : edge(holds, likeliest, 0),
    upper: holds(1) ? 1 : edge(holds, likeliest, 1),
  };
}

/** The rate at which `holds` changes, between one inside the band and one outside it. */
function edge(holds: (rate: number) => boolean, inside: number, outside: number): number {
  let [good, bad] = [inside, outside];
  for (let i = 0; i < 60; i++) {
    const middle = (good + bad) / 2;
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Stirling's series; small arguments are shifted up until its error is below 1e-12. */
function logGamma(x: number): number {
  let lifted = x;
  let product = 1;
  while (lifted < 10) product *= lifted++;
  const inverse = 1 / (lifted * lifted);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / lifted;
  return (lifted - 0.5) * Math.log(lifted) - lifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
