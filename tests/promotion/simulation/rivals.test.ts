import { describe, expect, test } from "vitest";
import { rivals, simulateRival } from "../../../promotion/simulation/rivals/index.ts";
import { userStream } from "../../../promotion/simulation/stream.ts";
import { repeat } from "../../../promotion/simulation/summary.ts";

const rivalCalled = (rule: string) => rivals.find((rival) => rival.rule === rule) as (typeof rivals)[number];
const constant = (rate: number) => ({ errorRate: () => rate, seed: 1 });
const first = (rule: string, rps: number, rate: number) =>
  simulateRival(rivalCalled(rule), { rps, ...constant(rate) }, 0);

/** 100 requests a second: when a dead candidate is rolled back, how many requests it answered, and when a flawless one is through. */
const published = [
  ["Flagger defaults (model)", 120, 1200, 600],
  ["Flagger tutorial (model)", 360, 3600, 300],
  ["Argo background (model)", 1500, 54_000, 2400],
  ["Argo inline (model)", 300, 6000, 300],
  ["Release Manager +0 min (model)", 60, 300, 9000],
  ["Release Manager +3 min (model)", 240, 1200, 9000],
] as const;

test("every rule is called a model and says what it models", () => {
  expect(rivals.map(({ rule }) => rule)).toEqual(published.map(([rule]) => rule));
  for (const { models } of rivals) expect(models.length).toBeGreaterThan(40);
});

describe.each(published)("%s", (rule, rollbackAt, requests, promotedAt) => {
  test("rolls a dead candidate back as late as its settings imply", async () => {
    const summary = await repeat(20, (run) => simulateRival(rivalCalled(rule), { rps: 100, ...constant(1) }, run));
    expect(summary.outcomes["rolled-back"]).toBe(20);
    expect(summary.seconds).toEqual({ median: rollbackAt, p95: rollbackAt, max: rollbackAt });
    expect(Math.abs(summary.candidateRequests.median / requests - 1)).toBeLessThan(0.03);
  });

  test("promotes a flawless candidate on its schedule", () => {
    expect(first(rule, 100, 0)).toMatchObject({ result: "promoted", errors: 0, seconds: promotedAt });
  });

  test("sees the users that every other rule sees", () => {
    const users = userStream({ rps: 100, ...constant(1), run: 0 });
    let answered = 0;
    for (let second = 0; second < 60; second++)
      answered += users.next(rivalCalled(rule).start.share).candidate.requests;
    const { requests, seconds } = first(rule, 100, 1);
    expect(requests).toBeGreaterThanOrEqual(answered);
    if (seconds === 60) expect(requests).toBe(answered);
  });
});

test("without any request Flagger and Argo roll back, and the Release Manager promotes blindly", () => {
  const results = rivals.map(({ rule }) => first(rule, 0, 0).result);
  expect(results).toEqual(["rolled-back", "rolled-back", "rolled-back", "rolled-back", "promoted", "promoted"]);
});

test("failed checks add up until Flagger's threshold, however many pass in between", () => {
  const everyOther = { errorRate: (_: string, second: number) => Math.floor(second / 60) % 2, seed: 1 };
  const { result, seconds } = simulateRival(rivalCalled("Flagger tutorial (model)"), { rps: 100, ...everyOther }, 0);
  expect({ result, seconds }).toEqual({ result: "promoted", seconds: 540 });
});

test("Argo does not look before its first measurement", () => {
  const early = { errorRate: (_: string, second: number) => (second < 550 ? 1 : 0), seed: 1 };
  const { result } = simulateRival(rivalCalled("Argo background (model)"), { rps: 100, ...early }, 0);
  expect(result).toBe("promoted");
});

test("the Release Manager takes about a tenth of the healthy releases back", async () => {
  const rival = rivalCalled("Release Manager +0 min (model)");
  const summary = await repeat(200, (run) => simulateRival(rival, { rps: 10, ...constant(0.001) }, run));
  expect(summary.outcomes["rolled-back"] / 200).toBeGreaterThan(0.06);
  expect(summary.outcomes["rolled-back"] / 200).toBeLessThan(0.15);
});
