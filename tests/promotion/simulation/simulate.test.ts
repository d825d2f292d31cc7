import { describe, expect, test } from "vitest";
import { type Plan, plans } from "../../../promotion/plan.ts";
import { simulateRun } from "../../../promotion/simulation/simulate.ts";
import { repeat } from "../../../promotion/simulation/summary.ts";

type Failing = { candidate: number; stable?: number; rps?: number; plan?: Plan; seed?: number };

const scenario = ({ candidate, stable = 0.0001, rps = 100, plan = plans.evidence, seed = 1 }: Failing) => ({
  rps,
  plan,
  seed,
  errorRate: (role: string) => (role === "stable" ? stable : candidate),
});
const promotions = (count: number, failing: Failing) => repeat(count, (run) => simulateRun(scenario(failing), run));

describe("at 100 requests a second", () => {
  test("a dead candidate answers at most 75 of the users' requests, then it is rolled back", async () => {
    const { outcomes, candidateRequests, userErrors, seconds } = await promotions(500, { candidate: 1 });
    expect(outcomes["rolled-back"]).toBe(500);
    expect(candidateRequests.max).toBeLessThanOrEqual(75);
    expect(userErrors).toEqual(candidateRequests);
    expect(seconds.max).toBeLessThanOrEqual(6.25);
  });

  test("a candidate that fails 1 % costs eight users' errors at most, in the middle", async () => {
    const { outcomes, userErrors } = await promotions(200, { candidate: 0.01 });
    expect(outcomes["rolled-back"]).toBe(200);
    expect(userErrors.median).toBeLessThanOrEqual(8);
  });

  test("a healthy candidate is promoted with a certificate, not before each step's floor", async () => {
    const { outcomes, candidateRequests, seconds } = await promotions(100, { candidate: 0.0001 });
    expect(outcomes.promoted).toBe(100);
    expect(candidateRequests.median).toBeGreaterThan(3263);
    expect(seconds.median).toBeGreaterThan(4 * 30);
    expect(seconds.median).toBeLessThan(200);
  });
});

test("the seconds of a promotion end at its last certificate, the bake is not counted", async () => {
  const flawless = { candidate: 0, stable: 0 };
  const longWatch = { ...plans.evidence, bake: [{ for: 600, poll: 1 }] };
  const usual = await simulateRun(scenario(flawless), 0);
  const watched = await simulateRun(scenario({ ...flawless, plan: longWatch }), 0);
  expect(watched).toMatchObject({ result: "promoted", seconds: usual.seconds, requests: usual.requests });
});

test("a fault that begins in the bake is still taken back, and its errors are counted", async () => {
  const late = {
    ...scenario({ candidate: 0 }),
    errorRate: (role: string, second: number) => Number(role === "candidate" && second >= 150),
  };
  const { result, errors, seconds } = await simulateRun(late, 0);
  expect(result).toBe("rolled-back");
  expect(errors).toBeGreaterThan(0);
  expect(seconds).toBeGreaterThan(150);
});

test("clients share buckets by chance, so that one of four convicts now and then", async () => {
  const client = (candidate: number) => ({
    rps: 25,
    errorRate: (role: string) => Number(role === "candidate") * candidate,
  });
  const clients = [client(1), client(0), client(0), client(0)];
  const { outcomes } = await repeat(16, (run) =>
    simulateRun({ ...scenario({ candidate: 0, stable: 0 }), clients }, run),
  );
  expect(outcomes["rolled-back"]).toBeGreaterThan(0);
  expect(outcomes.promoted).toBeGreaterThan(outcomes["rolled-back"]);
});

test("the same seed and run repeat a promotion to the last request; other seeds and runs differ", async () => {
  const failing = { candidate: 0.003 };
  const once = await simulateRun(scenario(failing), 3);
  expect(await simulateRun(scenario(failing), 3)).toEqual(once);
  expect(await simulateRun(scenario(failing), 4)).not.toEqual(once);
  expect(await simulateRun(scenario({ ...failing, seed: 2 }), 3)).not.toEqual(once);
});

test("an outage of both from the first step on is held, not rolled back", async () => {
  const { outcomes } = await promotions(20, { candidate: 1, stable: 1 });
  expect(outcomes.held).toBe(20);
});

test("without users nothing is ever promoted or rolled back", async () => {
  const { result, requests } = await simulateRun(scenario({ candidate: 0, rps: 0 }), 0);
  expect({ result, requests }).toEqual({ result: "held", requests: 0 });
});
