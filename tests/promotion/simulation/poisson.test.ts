import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { poisson } from "../../../promotion/simulation/poisson.ts";

/** The middles of equal slices of [0, 1): their quantiles are the distribution itself, without the noise of draws. */
const slices = (count: number) => Array.from({ length: count }, (_, i) => (i + 0.5) / count);

describe("the Poisson quantile", () => {
  test.each([0.01, 0.5, 3])("changes from none to one where e^-%s is passed", (mean) => {
    const none = Math.exp(-mean);
    expect(poisson(mean, none * (1 - 1e-9))).toBe(0);
    expect(poisson(mean, none * (1 + 1e-9))).toBe(1);
  });

  // quantiles as published in tables of the distribution
  test.each([
    [1, 0.5, 1],
    [1, 0.95, 3],
    [5, 0.5, 5],
    [5, 0.975, 10],
    [10, 0.025, 4],
    [10, 0.99, 18],
    [100, 0.5, 100],
  ])("of mean %s at %s is %s", (mean, part, count) => {
    expect(poisson(mean, part)).toBe(count);
  });

  test.each([0.01, 0.9, 10, 90, 1000, 100_000])("has mean and variance %s", (mean) => {
    const values = slices(20_000).map((slice) => poisson(mean, slice));
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    expect(average / mean).toBeCloseTo(1, 2);
    expect(variance / mean).toBeCloseTo(1, 1);
  });

  test("never falls when the draw or the mean rises, and is a whole number", () => {
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const mean = fc.constantFrom(0, 1e-6, 0.1, 1, 7.5, 90, 2000);
    fc.assert(
      fc.property(mean, mean, draw, draw, (m, n, u, v) => {
        const less = poisson(Math.min(m, n), Math.min(u, v));
        expect(Number.isInteger(less)).toBe(true);
        expect(poisson(Math.max(m, n), Math.max(u, v))).toBeGreaterThanOrEqual(less);
      }),
    );
  });

  test("of nothing is nothing, and the last possible draw still has an answer", () => {
    expect(poisson(0, 0.999)).toBe(0);
    expect(poisson(10, 1 - Number.EPSILON / 2)).toBeLessThan(100);
  });
});
