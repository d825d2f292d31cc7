import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { certificateEValue, certifiedBound, certifies, exceedanceEValue } from "../../../promotion/evidence/index.ts";
import { bounds, counts } from "./arbitraries.ts";

const golden: [bound: number, failures: number, requests: number, eValue: number][] = [
  [0.01, 0, 325, 20.06],
  [0.001, 0, 3263, 20.0151],
  [0.001, 1, 6955, 20.0011],
];

test.each(golden)("below %f after %i failures in %i requests is worth %f", (bound, failures, requests, eValue) => {
  expect(certificateEValue({ bound, failures, requests })).toBeCloseTo(eValue, eValue === 20.06 ? 2 : 4);
});

const needed: [bound: number, failures: number, requests: number][] = [
  [0.05, 0, 64],
  [0.01, 0, 325],
  [0.005, 0, 652],
  [0.001, 0, 3263],
  [0.001, 1, 6955],
  [0.001, 2, 9216],
  [0.001, 3, 11_308],
  [0.001, 5, 15_111],
];

test.each(needed)("to certify below %f with %i failures takes %i requests, no fewer", (bound, failures, requests) => {
  expect(certifies({ bound, failures, requests, alpha: 0.05 })).toBe(true);
  expect(certifies({ bound, failures, requests: requests - 1, alpha: 0.05 })).toBe(false);
});

describe("the process", () => {
  test("starts at 1 and is never negative", () => {
    fc.assert(
      fc.property(bounds, counts(), (bound, seen) => {
        expect(certificateEValue({ bound, failures: 0, requests: 0 })).toBeCloseTo(1, 12);
        expect(certificateEValue({ bound, ...seen })).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("cannot grow in expectation while the rate is at the bound or over it", () => {
    fc.assert(
      fc.property(bounds, counts(1000), fc.double({ min: 0, max: 1, noNaN: true }), (bound, seen, part) => {
        const { failures, requests } = seen;
        const now = certificateEValue({ bound, ...seen });
        fc.pre(now > 1e-280 && now < 1e280); // beyond that a ratio of doubles says nothing
        const bad = certificateEValue({ bound, failures: failures + 1, requests: requests + 1 }) / now;
        const good = certificateEValue({ bound, failures, requests: requests + 1 }) / now;
        const growth = (rate: number) => rate * bad + (1 - rate) * good;
        expect(growth(bound)).toBeCloseTo(1, 9);
        expect(growth(bound + part * (1 - bound))).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  test("rises with every success and with a looser bound, and falls where a success becomes a failure", () => {
    fc.assert(
      fc.property(bounds, counts(1000), (bound, { failures, requests }) => {
        const now = certificateEValue({ bound, failures, requests });
        fc.pre(now > 1e-280 && now < 1e280);
        if (requests > failures) {
          expect(certificateEValue({ bound, failures: failures + 1, requests })).toBeLessThan(now);
          expect(certificateEValue({ bound: bound * 1.1, failures, requests })).toBeGreaterThan(now);
        }
        expect(certificateEValue({ bound, failures, requests: requests + 1 })).toBeGreaterThan(now);
      }),
    );
  });
});

test("no counts certify a bound and convict of exceeding it", () => {
  fc.assert(
    fc.property(bounds, counts(100_000), (bound, seen) => {
      const convicted = exceedanceEValue({ bound, ...seen }) >= 100;
      expect(convicted && certifies({ bound, ...seen, alpha: 0.05 })).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

describe("the smallest certified bound", () => {
  test("is certified, and nothing smaller is", () => {
    fc.assert(
      fc.property(counts(100_000), ({ failures, requests }) => {
        const bound = certifiedBound({ failures, requests, alpha: 0.05 });
        if (bound === null) return;
        expect(certifies({ bound, failures, requests, alpha: 0.05 })).toBe(true);
        expect(bound).toBeGreaterThanOrEqual(failures / requests);
        if (bound > 2e-7) expect(certifies({ bound: bound * 0.999, failures, requests, alpha: 0.05 })).toBe(false);
      }),
    );
  });

  test("is none before any request, nor where everything failed", () => {
    expect(certifiedBound({ failures: 0, requests: 0, alpha: 0.05 })).toBeNull();
    expect(certifiedBound({ failures: 50, requests: 50, alpha: 0.05 })).toBeNull();
  });

  test("is 0.1 % after 3,263 requests without a failure", () => {
    expect(certifiedBound({ failures: 0, requests: 3263, alpha: 0.05 })).toBeCloseTo(0.001, 6);
  });
});

describe("refused", () => {
  test.each([
    { bound: 0, failures: 0, requests: 1 },
    { bound: 1, failures: 0, requests: 1 },
    { bound: 0.01, failures: 2, requests: 1 },
    { bound: 0.01, failures: -1, requests: 1 },
    { bound: 0.01, failures: 0, requests: 1.5 },
  ])("%o", (seen) => {
    expect(() => certificateEValue(seen)).toThrow(RangeError);
    expect(() => certifies({ ...seen, alpha: 0.05 })).toThrow(RangeError);
  });
});
