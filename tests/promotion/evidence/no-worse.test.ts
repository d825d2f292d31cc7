import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NoWorse } from "../../../promotion/evidence/no-worse.ts";
import { seeded } from "../../../promotion/random.ts";
import { binomial, counts } from "./arbitraries.ts";

type Row = [na: number, ya: number, nb: number, yb: number];

const poll = ([na, ya, nb, yb]: Row) => ({
  stable: { requests: na, failures: ya },
  candidate: { requests: nb, failures: yb },
});
const having = (margin: number, rows: readonly Row[]) => {
  const compared = new NoWorse(margin);
  for (const row of rows) compared.observe(poll(row));
  return compared;
};
const times = (count: number, row: Row): Row[] => Array.from({ length: count }, () => row);

// computed with 40 digits and a golden-section search for the nearest point of the null
test.each<[margin: number, rows: Row[], eValue: number]>([
  [0.005, [[450, 2, 50, 0]], 1.35198377036],
  [0.005, times(3, [90, 0, 10, 0]), 1.11898863525],
  [
    0.005,
    [
      [900, 5, 100, 0],
      [900, 4, 100, 1],
      [900, 5, 100, 0],
    ],
    1.72599766301,
  ],
  [0, [[900, 45, 100, 0]], 27.8670455469],
  [
    0,
    [
      [900, 45, 100, 0],
      [900, 40, 100, 1],
    ],
    136.395337176,
  ],
  [0.01, times(4, [500, 3, 500, 3]), 292.791983466],
  [
    0.005,
    [
      [0, 0, 100, 1],
      [100, 1, 0, 0],
      [50, 0, 50, 1],
    ],
    0.477145391946,
  ],
])("with the margin %f, %o is worth %f", (margin, rows, eValue) => {
  expect(having(margin, rows).eValue / eValue).toBeCloseTo(1, 9);
});

describe("the process", () => {
  const row = fc.tuple(counts(300), counts(300)).map(([a, b]): Row => [a.requests, a.failures, b.requests, b.failures]);
  const past = fc.array(row, { maxLength: 8 });
  const margins = fc.constantFrom(0, 0.001, 0.005, 0.05, 0.3);

  test("cannot grow in expectation, over all outcomes of the next poll, while the candidate is worse by the margin or more", () => {
    const rate = fc.oneof(fc.constantFrom(0, 0.001, 0.01, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        margins,
        past,
        fc.nat({ max: 7 }),
        fc.nat({ max: 7 }),
        rate,
        rate,
        (margin, rows, na, nb, a, more) => {
          const stable = a * (1 - margin);
          const candidate = Math.min(1, stable + margin + more * (1 - stable - margin));
          const before = having(margin, rows);
          const growth = binomial(na, stable).reduce(
            (sum, chanceA, ya) =>
              sum +
              binomial(nb, candidate).reduce((inner, chanceB, yb) => {
                const next = new NoWorse(margin, before);
                next.observe(poll([na, ya, nb, yb]));
                return inner + chanceA * chanceB * Math.exp(next.logEValue - before.logEValue);
              }, 0),
            0,
          );
          expect(growth).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("starts at 1, and is moved only by polls that both revisions answered", () => {
    expect(new NoWorse(0.005).eValue).toBe(1);
    fc.assert(
      fc.property(margins, past, fc.nat(100), (margin, rows, requests) => {
        const compared = having(margin, rows);
        const before = compared.logEValue;
        compared.observe(poll([0, 0, requests, 0]));
        compared.observe(poll([requests, requests, 0, 0]));
        expect(compared.logEValue).toBe(before);
      }),
    );
  });

  test("counts fewer failures of the candidate as more evidence", () => {
    const worth = Array.from(
      { length: 20 },
      (_, yb) =>
        having(0.005, [
          [900, 9, 0, 0],
          [900, 9, 100, yb],
        ]).logEValue,
    );
    expect(worth).toEqual(worth.toSorted((a, b) => b - a));
  });

  test("restarts without evidence, and keeps its estimate of stable for its bets", () => {
    const [known, other] = [having(0.005, [[900, 9, 100, 0]]).restarted(), having(0.005, [[900, 9, 0, 0]])];
    expect(known.eValue).toBe(1);
    for (const compared of [known, other]) compared.observe(poll([90, 1, 10, 0]));
    expect(known.logEValue).toBe(other.logEValue);
  });
});

test("a candidate that is worse by the margin is called no worse in at most 5 % of 1,000 seeded streams, looked at in every poll", () => {
  const random = seeded(1, "worse by the margin");
  const draw = (requests: number, rate: number) => {
    let failures = 0;
    for (let i = 0; i < requests; i++) if (random() < rate) failures++;
    return failures;
  };
  let certified = 0;
  for (let run = 0; run < 1000; run++) {
    const [margin, stable] = [[0.05, 0.02, 0][run % 3], [0.01, 0.1, 0.2][run % 3]] as [number, number];
    const compared = new NoWorse(margin);
    let highest = 0;
    for (let second = 0; second < 60; second++) {
      compared.observe(poll([20, draw(20, stable), 10, draw(10, stable + margin)]));
      highest = Math.max(highest, compared.eValue);
    }
    if (highest >= 20) certified++;
  }
  expect(certified).toBeLessThanOrEqual(50);
});

test.each<Row>([
  [1, 2, 1, 0],
  [1, 0, 1, 2],
  [1, 0, 1.5, 0],
])("invalid counts are refused: %o", (...impossible) => {
  expect(() => new NoWorse(0.005).observe(poll(impossible))).toThrow(RangeError);
});
