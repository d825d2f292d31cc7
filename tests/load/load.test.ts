import { expect, test } from "vitest";
import { CALLS_PER_SECOND, exponential, LONG_CALLS_PER_SECOND, loadFor, SESSION_MS } from "../../load/load.ts";
import { seeded } from "../../promotion/random.ts";

test.each([0.1, 1, 9, 20, 100, 150, 333])(
  "%d requests a second come out, at most 5 %% of them from long sessions",
  (rps) => {
    const { users, restMs, longUsers } = loadFor(rps);
    expect(restMs).toBeGreaterThanOrEqual(0);
    const posts = 2 + CALLS_PER_SECOND * (SESSION_MS / 1000);
    const long = longUsers * LONG_CALLS_PER_SECOND;
    expect((users * posts * 1000) / (SESSION_MS + restMs) + long).toBeCloseTo(rps, 6);
    expect(long).toBeLessThanOrEqual(0.05 * rps);
  },
);

test("150 a second have long-lived users, 10 have none, and 0 has no users", () => {
  expect(loadFor(150)).toMatchObject({ users: 60, longUsers: 7 });
  expect(loadFor(10).longUsers).toBe(0);
  expect(loadFor(0)).toEqual({ users: 0, restMs: 0, longUsers: 0 });
});

test("exponential draws have their mean and are never over four times as long", () => {
  const random = seeded(1, "draws");
  const draws = Array.from({ length: 20_000 }, () => exponential(random, 5000));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  expect(mean).toBeGreaterThan(4700);
  expect(mean).toBeLessThan(5300);
  expect(Math.max(...draws)).toBeLessThanOrEqual(20_000);
});
