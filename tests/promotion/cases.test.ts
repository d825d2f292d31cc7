/** The cases that every promotion must pass, as far as they need no platform: how releases come and go. */
import { describe, expect, test } from "vitest";
import { isUnchanged } from "../../promotion/admission.ts";
import { plans } from "../../promotion/plan.ts";
import { promote } from "../../promotion/promote.ts";
import { resume } from "../../promotion/resume.ts";
import { rollBack, TooLateError } from "../../promotion/rollback.ts";
import { interrupt, play, sharesPut, testPlan, type Where, world } from "./fixtures.ts";

const failing =
  (errors: number) =>
  ({ role }: Where) =>
    role === "candidate" ? { errors } : {};

describe("case 1", () => {
  test("a good release passes every step, ends at 100 %, and the old one is retired", async () => {
    const { stage, state } = await play({ rates: () => ({ errors: 0.0001 }) });
    expect(state.outcome).toMatchObject({ result: "promoted" });
    expect(stage.edge.calls).toEqual(["share 0", "share 10", "share 50", "share 100", "drain stable", "retire stable"]);
    expect(state.steps.map(({ share, verdict }) => [share, verdict])).toEqual(
      [10, 50, 100].map((share) => [share, "promote"]),
    );
    state.steps.forEach(({ certified }, i) => {
      expect(certified).toBeLessThan(testPlan.steps[i]?.maxErrorRate as number);
    });
    expect(state).toMatchObject({ inForce: 100, drained: true, retired: true });
  });

  test.each([plans.evidence, plans.rehearsal])("under the $name plan at 100 requests a second", async (plan) => {
    const { state, stage } = await play({ rps: () => 100, rates: () => ({ errors: 0.0001 }) }, plan);
    expect(state.outcome?.result).toBe("promoted");
    expect(state.steps.map(({ share }) => share)).toEqual([10, 25, 50, 100]);
    expect(stage.second()).toBeLessThan(200);
  });
});

test("case 3: smoke fails at 0 %: no user's request reaches the candidate", async () => {
  const reason = "tool list_repos: Error: disk full";
  const { stage, state } = await play({ smoke: () => ({ passed: false, reason }) });
  expect(state.outcome).toEqual({ result: "rolled-back", reason });
  expect(stage.edge.calls).toEqual(["share 0"]);
  expect(stage.users().requests).toBe(0);
});

describe("case 4", () => {
  test.each([
    [1, 10],
    [2, 50],
    [3, 100],
  ])("errors start at step %i, at a share of %i: back to 0, stable has all", async (k, share) => {
    const { stage, state } = await play({
      rates: (at) => (at.role === "candidate" && at.share >= share ? { errors: 1 } : {}),
    });
    expect(state.outcome).toMatchObject({ result: "rolled-back", reason: expect.stringContaining("fails more than") });
    expect(sharesPut(stage)).toEqual([0, 10, 50, 100].slice(0, k + 1).concat(0));
    expect(state).toMatchObject({ inForce: 0, drained: false, retired: false });
    expect(stage.users().failures).toBe(3 * share * 10); // three polls, and not one more
  });

  test.each([
    ["slowness", { slow: 0.5 }, "slower than"],
    ["tools that fail", { toolErrors: 0.3 }, "tools fail more often than stable's"],
    ["one failure in a hundred", { errors: 0.01 }, "fails more than"],
  ])("as with errors, so with %s", async (_, rates, words) => {
    const { state } = await play({ rates: ({ role }) => (role === "candidate" ? rates : {}) });
    expect(state.outcome).toMatchObject({ result: "rolled-back", reason: expect.stringContaining(words) });
    expect(state.inForce).toBe(0);
  });
});

test("case 5: a new release during a promotion: share to 0, then the newest begins, over the old stable", async () => {
  const stage = world();
  const { promotion } = await stage.begin();
  await interrupt(promotion, ({ inForce }) => inForce === 50);
  const back = await rollBack(promotion, "a newer release is wanted");
  expect([back.inForce, back.outcome]).toEqual([0, { result: "rolled-back", reason: "a newer release is wanted" }]);
  const next = await promote((await stage.begin({ candidate: "three" })).promotion);
  expect(next.begun.revisions).toEqual([
    { service: "mahavishnu", stable: "mahavishnu-one", candidate: "mahavishnu-three" },
  ]);
  expect(next.outcome?.result).toBe("promoted");
  expect(sharesPut(stage)).toEqual([0, 10, 50, 0, 0, 10, 50, 100]);
});

describe("case 6", () => {
  test.each([
    ["bad -> worse -> good", ["bad", "worse", "good"]],
    ["bad -> good", ["bad", "good"]],
  ])("%s: each is tried by itself, and only the good one stays", async (_, releases) => {
    const quality: Record<string, number> = { bad: 0.02, worse: 1, good: 0 };
    const stage = world({ rates: ({ release }) => ({ errors: quality[release] ?? 0 }) });
    const results: (string | undefined)[] = [];
    for (const candidate of releases) {
      const state = await promote((await stage.begin({ candidate })).promotion);
      results.push(state.outcome?.result);
      expect(stage.edge.share).toBe(candidate === "good" ? 100 : 0);
    }
    expect(results).toEqual(releases.map((name) => (name === "good" ? "promoted" : "rolled-back")));
  });
});

test("case 7: abort, retry, promote", async () => {
  const stage = world();
  const { promotion } = await stage.begin();
  await interrupt(promotion, ({ inForce }) => inForce === 10);
  await rollBack(promotion, "not today");
  expect(stage.edge.share).toBe(0);
  const state = await promote((await stage.begin()).promotion);
  expect(state.outcome?.result).toBe("promoted");
  expect(sharesPut(stage)).toEqual([0, 10, 0, 0, 10, 50, 100]);
});

test("case 8: abort while the platform is still deleting candidate instances: retried until it succeeds", async () => {
  const refusals: number[] = [];
  const stage = world({
    refuse: (share, second) => {
      if (share !== 0 || second < 5 || second >= 12) return;
      refusals.push(second);
      throw new Error("409: instances are being deleted");
    },
  });
  const { promotion, events } = await stage.begin();
  await interrupt(promotion, () => stage.second() >= 5);
  const state = await rollBack(promotion, "wrong image");
  expect(state.outcome).toEqual({ result: "rolled-back", reason: "wrong image" });
  expect([stage.edge.share, state.inForce]).toEqual([0, 0]);
  expect(refusals).toEqual([5, 6, 7, 8, 9, 10, 11]);
  expect(events.filter(({ event }) => event === "ordered-back")).toHaveLength(1);
});

test("case 10: inconclusive is held, not failed, and can be promoted later", async () => {
  const slow = {
    ...testPlan,
    steps: [{ share: 10, maxErrorRate: 0.001, minDuration: 5, maxDuration: 20 }, ...testPlan.steps.slice(1)],
  };
  const { stage, promotion, state } = await play({}, slow);
  expect(state.outcome).toEqual({
    result: "held",
    reason: "undecided at the step's maximum duration: not certified below 0.1 % at 10 %",
  });
  expect([stage.edge.share, stage.second(), sharesPut(stage)]).toEqual([10, 20, [0, 10]]);
  const later = await resume(promotion, "a person looked at it");
  expect(later.outcome?.result).toBe("promoted");
  expect(sharesPut(stage)).toEqual([0, 10, 50, 100]);
});

describe("case 14", () => {
  test("resuming a rolled-back promotion leaves the candidate at 0", async () => {
    const { promotion, state, stage } = await play({ rates: (at) => (at.second < 10 ? failing(1)(at) : {}) });
    const calls = [...stage.edge.calls];
    expect((await resume(promotion, "again")).outcome).toEqual(state.outcome);
    expect((await promote(promotion)).outcome).toEqual(state.outcome);
    expect(stage.edge.calls).toEqual(calls);
  });

  test("a rollback by hand is not undone, and a second one changes nothing", async () => {
    const stage = world();
    const { promotion, events } = await stage.begin();
    await interrupt(promotion, ({ inForce }) => inForce === 50);
    await rollBack(promotion, "users complain");
    expect((await rollBack(promotion, "again")).outcome?.reason).toBe("users complain");
    expect((await resume(promotion, "by mistake")).inForce).toBe(0);
    expect(events.filter(({ event }) => event === "ordered-back")).toHaveLength(1);
    expect(sharesPut(stage)).toEqual([0, 10, 50, 0]);
  });

  test("a rollback by hand after the old revision is retired is refused as too late", async () => {
    const { promotion, stage, events } = await play({});
    const calls = [...stage.edge.calls];
    const written = events.length;
    await expect(rollBack(promotion, "sorry")).rejects.toThrow(TooLateError);
    await expect(rollBack(promotion, "sorry")).rejects.toThrow(
      "promotion two has ended and its old revision is retired",
    );
    expect([stage.edge.calls, events.length]).toEqual([calls, written]);
  });
});

test("case 15: a candidate equal to stable in every service is not promoted", () => {
  const two = { a: "a-1", b: "b-1" };
  expect(isUnchanged(two, { ...two })).toBe(true);
  expect(isUnchanged(two, { a: "a-1", b: "b-2" })).toBe(false);
  expect(isUnchanged(two, { a: "a-1" })).toBe(false);
});
