import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharing, surelyOver } from "../../../promotion/evidence/shared-failure.ts";

const bound = 0.001;
const poll = (stable: [number, number], candidate: [number, number]) => ({
  stable: { requests: stable[0], failures: stable[1] },
  candidate: { requests: candidate[0], failures: candidate[1] },
});
const ten = (stable: [number, number], candidate: [number, number]) =>
  Array.from({ length: 10 }, () => poll(stable, candidate));

describe("whether stable shares a charge", () => {
  test.each([
    ["both dead at 10 %", ten([90, 90], [10, 10]), "surely"],
    ["both dead at 100 %, where stable answers only probes", ten([20, 20], [120, 120]), "surely"],
    ["both failing one in twenty at 100 %", ten([20, 1], [120, 6]), "surely"],
    ["only the candidate dead", ten([90, 0], [10, 10]), "not"],
    ["only the candidate dead, at 100 %", ten([20, 0], [120, 120]), "not"],
    ["a stable that answers nothing at all", ten([0, 0], [120, 120]), "not"],
    ["one failure of stable beside a few of the candidate", [poll([900, 1], [100, 1])], "perhaps"],
    ["a few failures of the candidate, and a stable that answered too little", [poll([20, 0], [120, 3])], "unclear"],
  ])("%s", (_, polls, expected) => {
    expect(sharing(polls, bound)).toBe(expected);
  });

  test("ten failures of the candidate's half are more than chance explains, nine are not", () => {
    expect(sharing([poll([100, 0], [100, 9])], bound)).toBe("unclear");
    expect(sharing([poll([100, 0], [100, 10])], bound)).toBe("not");
  });

  test("a stable that fails more than the candidate shares it", () => {
    expect(sharing([poll([100, 100], [100, 1])], bound)).toBe("surely");
  });

  test("polls in which nothing failed say nothing, nor do polls without requests", () => {
    const idle = [poll([0, 0], [0, 0]), poll([100_000, 0], [1, 0]), poll([1, 0], [100_000, 0])];
    expect(sharing([...idle, poll([100, 0], [100, 10])], bound)).toBe("not");
    expect(sharing([...idle, poll([100, 0], [100, 9])], bound)).toBe("unclear");
  });

  test("equal rates in every poll are never called unequal", () => {
    const equal = fc.tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 20 }),
    );
    fc.assert(
      fc.property(fc.array(equal, { minLength: 1, maxLength: 10 }), (rows) => {
        const polls = rows.map(([size, ratio, failures]) =>
          poll([size * 20 * ratio, Math.min(failures, size) * ratio], [size * 20, Math.min(failures, size)]),
        );
        expect(sharing(polls, bound)).not.toBe("not");
      }),
    );
  });

  test("stable is surely over the bound only by evidence, not by one bad request among many", () => {
    expect(surelyOver({ requests: 900, failures: 1 }, bound)).toBe(false);
    expect(surelyOver({ requests: 50, failures: 1 }, bound)).toBe(false);
    expect(surelyOver({ requests: 1, failures: 1 }, bound)).toBe(true);
    expect(surelyOver({ requests: 10, failures: 2 }, bound)).toBe(true);
    expect(surelyOver({ requests: 10_000, failures: 10 }, bound)).toBe(false);
  });
});
