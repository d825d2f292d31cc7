import { assertCounts, logMeanExp, timesLog } from "./numbers.ts";

const ratios = [1.5, 2, 3, 5, 10, 30, 100, 1000];
const ceiling = 0.95;

/** One poll's counts of one revision. */
export type BinomialSample = { requests: number; failures: number };

/**
 * Evidence that the candidate fails more often than stable, independent of the traffic split and of common causes (a shared outage
 * is not evidence). While the candidate's rate is at most stable's, `eValue` ever reaches 1/alpha with probability at most alpha.
 * Polls in which only the candidate has requests wait for stable's next one, and are compared together with it. Which polls these are
 * depends on the arrivals alone, never on an outcome, so the guarantee holds as if they were one longer poll.
 * Source: Turner, Ly, Grünwald, JSPI 2024 (arXiv 2106.02693).
 */
export class TwoSample {
  #stable: BinomialSample = none;
  #waiting: BinomialSample = none;
  #logs: number[] = ratios.map(() => 0);

  /** Starts without evidence, or as a copy of another test. */
  constructor(from?: TwoSample) {
    if (!from) return;
    this.#stable = from.#stable;
    this.#waiting = from.#waiting;
    this.#logs = [...from.#logs];
  }

  /** Adds the counts of one poll (not the running totals). Throws a RangeError for invalid counts. */
  observe({ stable, candidate }: { stable: BinomialSample; candidate: BinomialSample }): void {
    assertCounts(stable.failures, stable.requests);
    assertCounts(candidate.failures, candidate.requests);
    const seen = this.#stable;
    this.#stable = addSamples(seen, stable);
    const compared = addSamples(this.#waiting, candidate);
    this.#waiting = stable.requests === 0 ? compared : none;
    if (stable.requests === 0 || compared.requests === 0) return;
    const both = stable.requests + compared.requests;
    const expected = (0.5 + seen.failures) / (50 + seen.requests); // from earlier polls: a bet must not see its own outcome
    this.#logs = this.#logs.map((log, i) => {
      const worse = Math.max(expected, Math.min(ceiling, (ratios[i] as number) * expected));
      const pooled = (stable.requests * expected + compared.requests * worse) / both;
      return log + logFactor(stable, expected, pooled) + logFactor(compared, worse, pooled);
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

const none: BinomialSample = { requests: 0, failures: 0 };

const addSamples = (a: BinomialSample, b: BinomialSample): BinomialSample => ({
  requests: a.requests + b.requests,
  failures: a.failures + b.failures,
});

const logFactor = ({ requests, failures }: BinomialSample, rate: number, pooled: number): number =>
  timesLog(failures, rate / pooled) + timesLog(requests - failures, (1 - rate) / (1 - pooled));
