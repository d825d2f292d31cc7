import type { Fraction } from "../../ecosystem/units.ts";
import { assertCounts, logMeanExp, timesLog } from "./numbers.ts";
import type { BinomialSample } from "./two-sample.ts";

/** The candidate's failure rates to bet on, relative to stable's: the same, half, or a tenth. */
const ratios = [1, 0.5, 0.1];

/**
 * Evidence that the candidate fails less often than stable plus `margin` (a fraction; 0 asks whether it is better). While the candidate's
 * rate is at least stable's plus the margin, `eValue` ever reaches 1/alpha with probability at most alpha, whatever the split.
 *
 * H0 = {(a, b): b >= a + margin} is convex. For each poll with m, n requests and y, z failures of stable and candidate, bets (p, q) placed
 * from earlier polls only, and the null's closest point to them, (a, b) = argmin over H0 of m KL(p || a) + n KL(q || b), the factor is
 *   (p/a)^y ((1-p)/(1-a))^(m-y) (q/b)^z ((1-q)/(1-b))^(n-z).
 * Under any rates in H0 its expectation is f^m g^n, where f and g are linear in those rates and 1 at (a, b). By the AM-GM inequality
 * that is at most ((m f + n g) / (m + n))^(m+n), and since (a, b) is the closest point of a convex set, m f + n g <= m + n there.
 * The evidence is the mean over the bets of the running products.
 * Source: Turner, Ly, Grünwald, JSPI 2024 (arXiv 2106.02693), restricted alternatives; Turner & Grünwald (arXiv 2203.09785).
 */
export class NoWorse {
  readonly margin: Fraction;
  #stable: BinomialSample = { requests: 0, failures: 0 };
  #logs: number[] = ratios.map(() => 0);

  /** Starts without evidence, or as a copy of another test. */
  constructor(margin: Fraction, from?: NoWorse) {
    this.margin = margin;
    if (!from) return;
    this.#stable = from.#stable;
    this.#logs = [...from.#logs];
  }

  /** A new test without evidence whose bets use this one's estimate of stable. */
  restarted(): NoWorse {
    const next = new NoWorse(this.margin);
    next.#stable = this.#stable;
    return next;
  }

  /** Adds the counts of one poll (not the running totals). Throws a RangeError for invalid counts. */
  observe({ stable, candidate }: { stable: BinomialSample; candidate: BinomialSample }): void {
    assertCounts(stable.failures, stable.requests);
    assertCounts(candidate.failures, candidate.requests);
    const seen = this.#stable;
    this.#stable = { requests: seen.requests + stable.requests, failures: seen.failures + stable.failures };
    if (stable.requests === 0 || candidate.requests === 0) return; // nothing to compare
    const a = (0.5 + seen.failures) / (50 + seen.requests);
    this.#logs = this.#logs.map((log, i) => {
      const b = a * (ratios[i] as number);
      const nearest = nearestNull({ a, b, na: stable.requests, nb: candidate.requests, margin: this.margin });
      return log + logFactor(stable, a, nearest) + logFactor(candidate, b, nearest + this.margin);
    });
  }

  /** The natural logarithm of `eValue`; does not overflow. */
  get logEValue(): number {
    return logMeanExp(this.#logs);
  }

  /** The evidence so far; 1 at the start. */
  get eValue(): number {
    return Math.exp(this.logEValue);
  }
}

const logFactor = ({ requests, failures }: BinomialSample, rate: number, nearest: number): number =>
  timesLog(failures, rate / nearest) + timesLog(requests - failures, (1 - rate) / (1 - nearest));

/** Stable's rate at the point of b = a + margin closest to the bet; the distance is convex, so its slope has one root. */
function nearestNull({
  a,
  b,
  na,
  nb,
  margin,
}: {
  a: number;
  b: number;
  na: number;
  nb: number;
  margin: Fraction;
}): number {
  if (margin === 0) return (na * a + nb * b) / (na + nb);
  const slope = (x: number) => {
    const y = x + margin;
    return (na * (x - a)) / (x * (1 - x)) + (nb * (y - b)) / (y * (1 - y));
  };
  let [low, high] = [Math.max(0, b - margin), Math.min(a, 1 - margin)];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}
