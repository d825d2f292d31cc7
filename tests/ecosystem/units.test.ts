import { expect, expectTypeOf, test } from "vitest";
import { type Milliseconds, type Seconds, toMilliseconds, toSeconds } from "../../ecosystem/units.ts";

test("a plain number becomes any unit, and no unit passes for another", () => {
  expectTypeOf(5).toExtend<Seconds>();
  expectTypeOf<Seconds>().not.toExtend<Milliseconds>();
  // @ts-expect-error seconds where milliseconds are expected
  expect(toSeconds(5 as Seconds)).toBe(0.005);
});

test("conversions keep the amount", () => {
  expect([toMilliseconds(1.5), toSeconds(1500)]).toEqual([1500, 1.5]);
});
