import { assertCounts, assertFraction, logMeanExp, timesLog } from "./numbers.ts";

const divisors = [2, 4, 8, 16];

/** The natural logarithm of `certificateEValue`; does not overflow. */
export function logCertificate({
  bound,
  failures,
  requests,
}: {
  bound: number;
  failures: number;
  requests: number;
}): number {
  assertCounts(failures, requests);
  assertFraction("the bound", bound);
  const flawless = failures === 0 ? -requests * Math.log1p(-bound) : Number.NEGATIVE_INFINITY;
  const better = divisors.map(
    (divisor) => -timesLog(failures, divisor) + timesLog(requests - failures, (1 - bound / divisor) / (1 - bound)),
  );
  // weight 1/2 on "never fails", 1/8 on each other rate: a mean over eight entries, of which the first counts four times
  return logMeanExp([flawless, flawless, flawless, flawless, ...better]);
}

/**
 * Evidence that the true failure rate is below `bound` (a fraction), after `failures` in `requests`. While the rate is `bound`
 * or more it ever reaches 1/alpha with probability at most alpha, so a step may end as soon as it does.
 * Throws a RangeError for invalid counts or bounds.
 * Source: Waudby-Smith & Ramdas, JRSS-B 2024 (betting); Lindon & Malek, NeurIPS 2022 (arXiv 2011.03567).
 */
export const certificateEValue = (counts: { bound: number; failures: number; requests: number }): number =>
  Math.exp(logCertificate(counts));

/** True when the counts certify a failure rate below `bound` with error probability `alpha`. */
export const certifies = ({
  alpha,
  ...counts
}: {
  bound: number;
  failures: number;
  requests: number;
  alpha: number;
}): boolean => logCertificate(counts) >= -Math.log(alpha);

/** The lowest bound (a fraction) that the counts certify with error probability `alpha`, or null when they certify none. */
export const certifiedBound = (counts: { failures: number; requests: number; alpha: number }): number | null =>
  smallestBound((bound) => certifies({ ...counts, bound }));

/** The lowest bound (a fraction) that `proves` accepts, or null when it accepts none; proof of a bound proves all higher ones. */
export function smallestBound(proves: (bound: number) => boolean): number | null {
  let [low, high] = [1e-7, 0.999];
  if (!proves(high)) return null;
  // forty halvings of the logarithm: far more precise than any display
  for (let i = 0; i < 40; i++) {
    const middle = Math.sqrt(low * high);
    if (proves(middle)) high = middle;
    else low = middle;
  }
  return high;
}
