import { assertCounts, logMeanExp, timesLog } from "./numbers.ts";

const ratios = [1.5, 2, 3, 5, 10, 30, 100, 1000];
const ceiling = 0.95;

/** One poll's counts of one revision. */
export type BinomialSample = { requests: number; failures: number };

/**
 * Evidence that the candidate fails more often than stable, independent of the traffic split and of common causes (a shared outage
 * is not evidence). While the candidate's rate is at most stable's, `eValue` ever reaches 1/alpha with probability at most alpha.
 * Source: Turner, Ly, Grünwald, JSPI 2024 (arXiv 2106.02693).
 */
export class TwoSample {
  #stable: BinomialSample = { requests: 0, failures: 0 };
  #logs: number[] = ratios.map(() => 0);

  /** Starts without evidence, or as a copy of another test. */
  constructor(from?: TwoSample) {
    if (!from) return;
    this.#stable = from.#stable;
    this.#logs = [...from.#logs];
  }

  /** Adds the counts of one poll (not the running totals). Throws a RangeError for invalid counts. */
  observe({ stable, candidate }: { stable: BinomialSample; candidate: BinomialSample }): void {
    assertCounts(stable.failures, stable.requests);
    assertCounts(candidate.failures, candidate.requests);
    const seen = this.#stable;
    this.#stable = { requests: seen.requests + stable.requests, failures: seen.failures + stable.failures };
    const both = stable.requests + candidate.requests;
    if (both === 0) return;
    const expected = (0.5 + seen.failures) / (50 + seen.requests); // from earlier polls: a bet must not see its own outcome
    this.#logs = this.#logs.map((log, i) => {
      const worse = Math.max(expected, Math.min(ceiling, (ratios[i] as number) * expected));
      const pooled = (stable.requests * expected + candidate.requests * worse) / both;
      return log + logFactor(stable, expected, pooled) + logFactor(candidate, worse, pooled);
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

const logFactor = ({ requests, failures }: BinomialSample, rate: number, pooled: number): number =>
  timesLog(failures, rate / pooled) + timesLog(requests - failures, (1 - rate) / (1 - pooled));
