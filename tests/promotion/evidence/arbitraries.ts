import fc from "fast-check";

/** Bounds that a test of a failure rate can have. */
export const bounds = fc.double({ min: 1e-5, max: 0.85, noNaN: true });

/** Counts that can be: up to `most` requests, any part of them failures, few failures as likely as many. */
export const counts = (most = 1_000_000) =>
  fc.nat({ max: most }).chain((requests) =>
    fc.record({
      requests: fc.constant(requests),
      failures: fc.oneof(fc.nat({ max: Math.min(requests, 20) }), fc.nat({ max: requests })),
    }),
  );

/** The binomial probabilities of 0 to n failures. */
export function binomial(n: number, rate: number): number[] {
  let chances = [1];
  for (let i = 0; i < n; i++) {
    chances = Array.from({ length: i + 2 }, (_, k) => (chances[k] ?? 0) * (1 - rate) + (chances[k - 1] ?? 0) * rate);
  }
  return chances;
}
