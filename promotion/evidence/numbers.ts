/** The logarithm of the mean of e^x over the given logarithms; safe where e^x itself would overflow. */
export function logMeanExp(logs: readonly number[]): number {
  const top = Math.max(...logs);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - top);
  return top + Math.log(sum / logs.length);
}

/** `count * log(x)` with the convention 0 * log(0) = 0: an event that did not happen costs nothing. */
export const timesLog = (count: number, x: number): number => (count === 0 ? 0 : count * Math.log(x));

/** Rejects invalid counts: not whole, negative, or more failures than requests. */
export function assertCounts(failures: number, requests: number): void {
  if (Number.isInteger(failures) && Number.isInteger(requests) && failures >= 0 && failures <= requests) return;
  throw new RangeError(
    `invalid counts, ${failures} failures in ${requests} requests: both must be whole numbers, and failures between 0 and requests`,
  );
}

/** Rejects a probability that is not strictly between 0 and 1. */
export function assertFraction(name: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new RangeError(`${name} is ${value}, but must be greater than 0 and less than 1`);
}
