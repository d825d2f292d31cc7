import { expect, test } from "vitest";
import { seeded } from "../../promotion/random.ts";

const draws = (seed: number, label: string) => {
  const random = seeded(seed, label);
  return Array.from({ length: 1000 }, random);
};

test("the same seed and label draw the same numbers, another of either others", () => {
  expect(draws(1, "users")).toEqual(draws(1, "users"));
  expect(draws(1, "users")).not.toEqual(draws(2, "users"));
  expect(draws(1, "users")).not.toEqual(draws(1, "probes"));
});

test("draws are in [0, 1) and spread over it", () => {
  const all = draws(1, "users");
  expect(all.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  const tenths = Array.from({ length: 10 }, (_, i) => all.filter((draw) => Math.floor(draw * 10) === i).length);
  for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(50);
});
