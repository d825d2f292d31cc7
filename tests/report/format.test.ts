import { expect, test } from "vitest";
import { percent } from "../../promotion/wording.ts";
import { clockTime, count, moment, percentUp, span } from "../../report/format.ts";

test.each([
  [0, "0:00", "0 s"],
  [7.4, "0:07", "7 s"],
  [59.6, "1:00", "1 min 0 s"],
  [151, "2:31", "2 min 31 s"],
  [3605, "1:00:05", "1 h 0 min"],
  [90_061, "25:01:01", "25 h 1 min"],
  [-1, "0:00", "0 s"],
])("%d seconds are %s on a clock and %s in words", (seconds, clock, words) => {
  expect([clockTime(seconds), span(seconds)]).toEqual([clock, words]);
});

test.each([
  [0, "0 %"],
  [0.001, "0.1 %"],
  [0.000924, "0.0924 %"],
  [1, "100 %"],
])("the fraction %d is %s", (fraction, words) => {
  expect(percent(fraction)).toBe(words);
});

test.each([
  [0.0010001, "0.101 %"],
  [0.001, "0.1 %"],
  [0.00999999, "1 %"],
  [0.0712345, "7.13 %"],
  [0.999, "99.9 %"],
])("a bound of %d holds at %s", (fraction, words) => {
  expect(percentUp(fraction)).toBe(words);
});

test("counts and moments read the same for everybody", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect(moment(Date.UTC(2026, 7, 31, 14, 3, 12, 999))).toBe("2026-08-31 14:03:12 UTC");
});
