import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { confidenceBand } from "../../../promotion/evidence/index.ts";
import { counts } from "./arbitraries.ts";

const golden: [failures: number, requests: number, lowerPercent: number, upperPercent: number, digits: number][] = [
  [0, 1000, 0, 0.7, 2],
  [5, 1000, 0.05, 1.8, 2],
  [10, 10_000, 0.021, 0.282, 3],
];

test.each(golden)("%i of %i is between %f and %f percent", (failures, requests, lower, upper, digits) => {
  const band = confidenceBand({ failures, requests, alpha: 0.05 });
  expect(Number((100 * band.lower).toFixed(digits))).toBe(lower);
  expect(Number((100 * band.upper).toFixed(digits))).toBe(upper);
});

describe("a band", () => {
  const alphas = fc.double({ min: 1e-6, max: 0.5, noNaN: true });

  test("contains the observed rate and is between 0 and 1", () => {
    fc.assert(
      fc.property(counts(), alphas, ({ failures, requests }, alpha) => {
        const { lower, upper } = confidenceBand({ failures, requests, alpha });
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        const rate = requests === 0 ? 0.5 : failures / requests;
        expect(lower).toBeLessThanOrEqual(rate);
        expect(upper).toBeGreaterThanOrEqual(rate);
      }),
    );
  });

  test("shrinks with ten times the same counts, and widens when less error is allowed", () => {
    fc.assert(
      fc.property(counts(10_000), alphas, ({ failures, requests }, alpha) => {
        fc.pre(requests > 0);
        const width = (times: number, alpha: number) => {
          const { lower, upper } = confidenceBand({ failures: times * failures, requests: times * requests, alpha });
          return upper - lower;
        };
        expect(width(10, alpha)).toBeLessThan(width(1, alpha) + 1e-12);
        expect(width(1, alpha / 10)).toBeGreaterThanOrEqual(width(1, alpha));
      }),
    );
  });

  test("of the successes mirrors that of the failures", () => {
    fc.assert(
      fc.property(counts(10_000), alphas, ({ failures, requests }, alpha) => {
        const band = confidenceBand({ failures, requests, alpha });
        const mirror = confidenceBand({ failures: requests - failures, requests, alpha });
        expect(mirror.lower).toBeCloseTo(1 - band.upper, 9);
        expect(mirror.upper).toBeCloseTo(1 - band.lower, 9);
      }),
    );
  });

  test("is everything before the first request", () => {
    expect(confidenceBand({ failures: 0, requests: 0, alpha: 0.05 })).toEqual({ lower: 0, upper: 1 });
  });

  test("leaves the true rate out at some time in at most alpha of all streams, by exact count", () => {
    for (const rate of [0.5, 0.1, 0.01]) expect(everOutside(rate, 0.05, 400)).toBeLessThanOrEqual(0.05);
  });
});

describe("refused", () => {
  test.each([
    { failures: 2, requests: 1, alpha: 0.05 },
    { failures: 0, requests: 1, alpha: 0 },
    { failures: 0, requests: 1, alpha: 1 },
    { failures: 0, requests: 1, alpha: Number.NaN },
  ])("%o", (asked) => {
    expect(() => confidenceBand(asked)).toThrow(RangeError);
  });
});

/** The exact probability that the band after some request, of the first `requests`, does not hold the true rate. */
function everOutside(rate: number, alpha: number, requests: number): number {
  let outside = 0;
  let inside = [1]; // by the failures so far, of the streams that were always in the band
  for (let n = 1; n <= requests; n++) {
    const next = new Array<number>(n + 1).fill(0);
    inside.forEach((probability, failures) => {
      next[failures] = (next[failures] as number) + probability * (1 - rate);
      next[failures + 1] = probability * rate;
    });
    inside = next.map((probability, failures) => {
      if (probability < 1e-15) return probability;
      const { lower, upper } = confidenceBand({ failures, requests: n, alpha });
      if (lower <= rate && rate <= upper) return probability;
      outside += probability;
      return 0;
    });
  }
  return outside;
}
