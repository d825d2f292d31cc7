import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TwoSample } from "../../../promotion/evidence/index.ts";
import { seeded } from "../../../promotion/random.ts";
import { binomial, counts } from "./arbitraries.ts";

const window = (na: number, ya: number, nb: number, yb: number) => ({
  stable: { requests: na, failures: ya },
  candidate: { requests: nb, failures: yb },
});

test.each([
  [2, 7.68845],
  [0, 0.606869],
])("%i failures of 50 against none of 450 are worth %f in the first poll", (failures, eValue) => {
  const compared = new TwoSample();
  compared.observe(window(450, 0, 50, failures));
  expect(compared.eValue / eValue).toBeCloseTo(1, 5);
});

describe("the process", () => {
  const windows = fc.array(fc.record({ stable: counts(300), candidate: counts(300) }), { maxLength: 8 });
  const having = (past: Parameters<TwoSample["observe"]>[0][]) => {
    const compared = new TwoSample();
    for (const seen of past) compared.observe(seen);
    return compared;
  };

  test("starts at 1, is never negative, and an empty poll changes nothing", () => {
    expect(new TwoSample().eValue).toBe(1);
    fc.assert(
      fc.property(windows, (past) => {
        const compared = having(past);
        const before = compared.logEValue;
        expect(compared.eValue).toBeGreaterThanOrEqual(0);
        compared.observe(window(0, 0, 0, 0));
        expect(compared.logEValue).toBe(before);
      }),
    );
  });

  test("cannot grow in expectation, over all outcomes of the next poll or two, while the candidate is no worse", () => {
    const rate = fc.oneof(fc.constantFrom(0, 0.001, 0.01, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        windows,
        fc.boolean(),
        fc.nat({ max: 7 }),
        fc.nat({ max: 7 }),
        rate,
        rate,
        (past, apart, na, nb, p, q) => {
          const compared = having([...past, window(1, 0, 0, 0)]); // no request of the candidate is still waiting
          const growth = (stable: number, candidate: number) =>
            binomial(na, stable).reduce(
              (sum, chanceA, ya) =>
                sum +
                binomial(nb, candidate).reduce((inner, chanceB, yb) => {
                  const next = new TwoSample(compared);
                  if (apart) next.observe(window(0, 0, nb, yb));
                  next.observe(apart ? window(na, ya, 0, 0) : window(na, ya, nb, yb));
                  return inner + chanceA * chanceB * Math.exp(next.logEValue - compared.logEValue);
                }, 0),
              0,
            );
          expect(growth(p, p)).toBeLessThanOrEqual(1 + 1e-9);
          expect(growth(Math.max(p, q), Math.min(p, q))).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("bets on stable's rate in all earlier polls", () => {
    const long = having([window(100, 10, 0, 0), window(100, 10, 0, 0)]);
    const short = having([window(200, 20, 0, 0)]);
    long.observe(window(10, 1, 10, 5));
    short.observe(window(10, 1, 10, 5));
    expect(long.logEValue).toBeCloseTo(short.logEValue, 12);
  });

  test("compares the candidate's polls without stable together with stable's next poll", () => {
    const apart = having([window(100, 0, 0, 0), window(0, 0, 1, 1), window(0, 0, 2, 1)]);
    expect(apart.eValue).toBe(1);
    apart.observe(window(5, 0, 0, 0));
    expect(apart.logEValue).toBeCloseTo(having([window(100, 0, 0, 0), window(5, 0, 3, 2)]).logEValue, 12);
  });

  test("finds a candidate that always fails, however rarely both have requests in one poll", () => {
    const rare = having(Array.from({ length: 12 }, () => [window(1, 0, 0, 0), window(0, 0, 1, 1)]).flat());
    expect(rare.eValue).toBeGreaterThan(1000);
  });

  test("is not moved by a failure of both at once, however many fail", () => {
    const outage = having([window(900, 900, 100, 100)]);
    expect(outage.eValue).toBeLessThanOrEqual(1);
  });

  test("counts more failures of the candidate as more evidence, and more of stable's as less", () => {
    const worse = Array.from({ length: 20 }, (_, failures) => having([window(180, 2, 20, failures)]).logEValue);
    const better = Array.from({ length: 20 }, (_, failures) => having([window(180, failures, 20, 10)]).logEValue);
    expect(worse).toEqual(worse.toSorted((a, b) => a - b));
    expect(better).toEqual(better.toSorted((a, b) => b - a));
  });

  test("does not overflow when a million requests fail on the candidate alone", () => {
    const compared = having(Array.from({ length: 1000 }, () => window(1000, 0, 1000, 1000)));
    expect(Number.isFinite(compared.logEValue)).toBe(true);
    expect(compared.logEValue).toBeGreaterThan(1e5);
  });

  test("a copy is independent", () => {
    fc.assert(
      fc.property(windows, windows, (past, future) => {
        const first = having(past);
        const before = first.logEValue;
        const copy = new TwoSample(first);
        for (const seen of future) copy.observe(seen);
        expect(first.logEValue).toBe(before);
        expect(copy.logEValue).toBe(having([...past, ...future]).logEValue);
      }),
    );
  });
});

test("equal revisions are called different in at most 5 % of 1,000 seeded streams, at any split and rate", () => {
  const random = seeded(1, "equal revisions");
  const draw = (requests: number, rate: number) => {
    let failures = 0;
    for (let i = 0; i < requests; i++) if (random() < rate) failures++;
    return failures;
  };
  let convicted = 0;
  for (let run = 0; run < 1000; run++) {
    const compared = new TwoSample();
    const rate = [0.0005, 0.01, 0.2][run % 3] as number;
    const candidate = [1, 10, 15][(run % 5) % 3] as number;
    let highest = 0;
    for (let poll = 0; poll < 60; poll++) {
      compared.observe(window(20 - candidate, draw(20 - candidate, rate), candidate, draw(candidate, rate)));
      highest = Math.max(highest, compared.eValue);
    }
    if (highest >= 20) convicted++;
  }
  expect(convicted).toBeLessThanOrEqual(50);
});

test.each([
  window(1, 2, 1, 0),
  window(1, 0, 1, 2),
  window(-1, 0, 1, 0),
  window(1, 0, 1.5, 0),
  window(1, Number.NaN, 1, 0),
])("invalid counts are refused and leave nothing behind: %o", (impossible) => {
  const compared = new TwoSample();
  expect(() => compared.observe(impossible)).toThrow(RangeError);
  expect(compared.eValue).toBe(1);
});
