import { expect, test } from "vitest";
import { repeat, summarize } from "../../../promotion/simulation/summary.ts";

const run = (n: number) => ({ result: "promoted" as const, reason: "", requests: n, errors: 0, seconds: 100 - n });

test("the median, the 95th percentile and the maximum are numbers of runs that were", () => {
  const { candidateRequests, seconds } = summarize(Array.from({ length: 20 }, (_, i) => run(i + 1)));
  expect(candidateRequests).toEqual({ median: 10, p95: 19, max: 20 });
  expect(seconds).toEqual({ median: 89, p95: 98, max: 99 });
  expect(summarize([run(7)]).candidateRequests).toEqual({ median: 7, p95: 7, max: 7 });
});

test("numbers are sorted as numbers, and every outcome is counted", () => {
  const runs = [run(100), { ...run(9), result: "held" as const }, { ...run(20), result: "rolled-back" as const }];
  const { candidateRequests, outcomes } = summarize(runs);
  expect(candidateRequests.max).toBe(100);
  expect(outcomes).toEqual({ promoted: 1, "rolled-back": 1, held: 1 });
});

test("runs each run once and reports progress", async () => {
  const played: number[] = [];
  const done: number[] = [];
  const play = async (n: number) => {
    played.push(n);
    return run(n);
  };
  const { runs } = await repeat(3, play, (count) => done.push(count));
  expect([runs, played, done]).toEqual([3, [0, 1, 2], [1, 2, 3]]);
});
