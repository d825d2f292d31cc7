import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logExceedance, ratesOver } from "../../../promotion/evidence/exceedance.ts";
import { exceedanceEValue } from "../../../promotion/evidence/index.ts";
import { bounds, counts } from "./arbitraries.ts";

const golden: [failures: number, requests: number, eValue: number][] = [
  [1, 1, 139.15],
  [2, 10, 1171.65],
  [1, 50, 2.92733],
  [3, 100, 276.651],
  [5, 1000, 11.9511],
  [0, 1000, 0.112649],
];

test.each(golden)("%i failures in %i requests against 0.1 % are worth %f", (failures, requests, eValue) => {
  expect(exceedanceEValue({ bound: 0.001, failures, requests }) / eValue).toBeCloseTo(1, 5);
});

// the median number of requests until the evidence against 0.1 % reaches 100, from the exact distribution
test.each([
  [1, 1, 2],
  [0.2, 8, 8],
  [0.05, 34, 34],
  [0.01, 417, 417],
  [0.005, 1412, 1412],
  [0.002, 14137, 14137],
])("a true rate of %f is convicted after %i to %i requests in the median", (rate, least, most) => {
  const median =
    1 + neverConvicted({ rate, bound: 0.001, log: Math.log(100), requests: 2 * most }).findIndex((p) => p <= 0.5);
  expect(median).toBeGreaterThanOrEqual(least * 0.95);
  expect(median).toBeLessThanOrEqual(most * 1.05);
});

test("at the bound itself at most one promotion in a hundred is ever convicted, however often one looks", () => {
  const spared = neverConvicted({ rate: 0.001, bound: 0.001, log: Math.log(100), requests: 20_000 });
  expect(spared.at(-1)).toBeGreaterThanOrEqual(0.99);
  expect(spared.at(-1)).toBeLessThan(0.999); // and the budget is used, not wasted
});

describe("the process", () => {
  test("starts at 1 and is never negative", () => {
    fc.assert(
      fc.property(bounds, counts(), (bound, seen) => {
        expect(exceedanceEValue({ bound, failures: 0, requests: 0 })).toBeCloseTo(1, 12);
        expect(exceedanceEValue({ bound, ...seen })).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("cannot grow in expectation while the rate is at the bound or under it", () => {
    fc.assert(
      fc.property(bounds, counts(2000), fc.double({ min: 0, max: 1, noNaN: true }), (bound, seen, part) => {
        const now = logExceedance({ bound, ...seen });
        const growth = (rate: number) => {
          const { failures, requests } = seen;
          const bad = logExceedance({ bound, failures: failures + 1, requests: requests + 1 });
          const good = logExceedance({ bound, failures, requests: requests + 1 });
          return rate * Math.exp(bad - now) + (1 - rate) * Math.exp(good - now);
        };
        expect(growth(bound)).toBeCloseTo(1, 9);
        expect(growth(part * bound)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  test("rises with a failure in place of a success and falls with a success", () => {
    fc.assert(
      fc.property(bounds, counts(), (bound, { failures, requests }) => {
        const now = logExceedance({ bound, failures, requests });
        expect(logExceedance({ bound, failures, requests: requests + 1 })).toBeLessThan(now);
        if (failures < requests)
          expect(logExceedance({ bound, failures: failures + 1, requests })).toBeGreaterThan(now);
      }),
    );
  });

  test("does not overflow where every one of a million requests failed", () => {
    expect(logExceedance({ bound: 0.001, failures: 1e6, requests: 1e6 })).toBeCloseTo(
      1e6 * Math.log(900) - Math.log(10),
      3,
    );
  });
});

describe("the rates that are bet on", () => {
  test("are multiples of the bound below 90 %, 30 % and 90 %, no rate twice", () => {
    expect(ratesOver(0.001)).toHaveLength(10);
    expect(ratesOver(0.05).map((rate) => Number(rate.toFixed(6)))).toEqual([0.075, 0.1, 0.15, 0.25, 0.5, 0.3, 0.9]);
    expect(ratesOver(0.5)).toEqual([0.75, 0.9]);
  });

  test("are all over the bound and differ, whatever the bound", () => {
    fc.assert(
      fc.property(bounds, (bound) => {
        const rates = ratesOver(bound).toSorted((a, b) => a - b);
        rates.forEach((rate, i) => {
          expect(rate).toBeGreaterThan(rates[i - 1] ?? bound);
        });
        expect(rates.at(-1)).toBe(0.9);
      }),
    );
  });
});

describe("refused", () => {
  test.each([
    [2, 1],
    [-1, 5],
    [0.5, 5],
    [1, 2.5],
    [Number.NaN, 5],
    [0, Number.POSITIVE_INFINITY],
  ])("%f failures in %f requests", (failures, requests) => {
    expect(() => exceedanceEValue({ bound: 0.001, failures, requests })).toThrow(RangeError);
    expect(() => exceedanceEValue({ bound: 0.001, failures, requests })).toThrow("invalid counts");
  });

  test.each([0, 1, -0.1, 1.5, 0.9, Number.NaN])("a bound of %f, which no rate can be held to", (bound) => {
    expect(() => exceedanceEValue({ bound, failures: 0, requests: 1 })).toThrow(RangeError);
    expect(() => exceedanceEValue({ bound, failures: 0, requests: 1 })).toThrow("the bound is");
  });
});

/** The exact probability, after each request, that the evidence has never been convincing when one looks after every one. */
function neverConvicted({
  rate,
  bound,
  log,
  requests,
}: {
  rate: number;
  bound: number;
  log: number;
  requests: number;
}) {
  const spared: number[] = [];
  let distribution = [1]; // of the failures so far, among those never convicted
  let convicting = 1; // the fewest failures that convict; it can only rise
  for (let n = 1; n <= requests; n++) {
    const next = new Array<number>(distribution.length + 1).fill(0);
    distribution.forEach((p, failures) => {
      next[failures] = (next[failures] as number) + p * (1 - rate);
      next[failures + 1] = p * rate;
    });
    while (convicting <= n && logExceedance({ bound, failures: convicting, requests: n }) < log) convicting++;
    distribution = next.slice(0, convicting);
    spared.push(distribution.reduce((sum, p) => sum + p, 0));
  }
  return spared;
}
