/** The cases that every promotion must pass, as far as they need no platform: when counts, users or the share are not what was left. */
import { describe, expect, test } from "vitest";
import { promote } from "../../promotion/promote.ts";
import { resume } from "../../promotion/resume.ts";
import { rollBack } from "../../promotion/rollback.ts";
import { between, holdsIn, interrupt, play, type Script, sharesPut, testPlan, verdictsIn, world } from "./fixtures.ts";

describe("case 11: the metrics source is down", () => {
  const patient = { ...testPlan, holdTimeouts: { ...testPlan.holdTimeouts, silence: 120 } };

  test("for 60 s: held at its share, then resumed to the end", async () => {
    const { events, state, shares, stage } = await play({ silent: between(8, 68) }, patient);
    expect(state.outcome?.result).toBe("promoted");
    expect(holdsIn(events)).toHaveLength(60);
    expect(holdsIn(events)[0]).toEqual({
      kind: "hold",
      cause: "silence",
      reason: "the metrics source is silent (no answer)",
    });
    expect(shares).toEqual([0, 10, 50, 100]);
    expect(stage.second()).toBe(25 + 60 + 1); // none of it is time passed, nor the poll that sees again
  });

  test("longer than the plan waits: held, and promotable later", async () => {
    const { promotion, state, stage } = await play({ silent: between(8, 100) });
    expect(state.outcome).toEqual({
      result: "held",
      reason: "the metrics source is silent (no answer) (held for 20 s)",
    });
    expect([stage.edge.share, stage.second()]).toEqual([50, 28]);
    await stage.clock.sleep(72_000);
    expect((await resume(promotion, "the source is back")).outcome?.result).toBe("promoted");
    expect(sharesPut(stage)).toEqual([0, 10, 50, 100]);
  });

  test("while the candidate dies: rolled back when it is seen again, not before", async () => {
    const script: Script = {
      silent: between(8, 18),
      rates: ({ role, second }) => (role === "candidate" && second > 8 ? { errors: 1 } : {}),
    };
    const { state, shares, stage } = await play(script);
    expect(state.outcome?.result).toBe("rolled-back");
    expect([shares, stage.second()]).toEqual([[0, 10, 50, 0], 20]);
  });

  test("and restarts at zero: earlier counts are kept, and nothing is counted twice", async () => {
    const { state, events } = await play({ recounts: [7, 13], rates: () => ({ errors: 0.0001 }) });
    expect(state.outcome?.result).toBe("promoted");
    expect(holdsIn(events)).toEqual([]);
  });

  test.each([0, 5, 6])("at the very moment a share came in force, from second %i on", async (from) => {
    const { state, shares } = await play({ silent: between(from, from + 3) });
    expect([state.outcome?.result, shares]).toEqual(["promoted", [0, 10, 50, 100]]);
  });
});

describe("case 12: no users at all", () => {
  test("held with synthetic load; never 100, never a rollback", async () => {
    const { state, shares, stage, events } = await play({ rps: () => 0 });
    expect(state.outcome).toEqual({
      result: "held",
      reason: "no user's request reached the candidate for 30 s; probing (held for 60 s)",
    });
    expect(shares).toEqual([0, 10]);
    expect(stage.edge.probeRate).toBe(20);
    expect(holdsIn(events)[0]).toMatchObject({ cause: "data" });
  });

  test("held also where the probes alone would be enough for the certificate at once", async () => {
    const easy = { ...testPlan, steps: testPlan.steps.map((step) => ({ ...step, bound: 0.5 })) };
    const { state, shares } = await play({ rps: () => 0 }, easy);
    expect([state.outcome?.result, shares]).toEqual(["held", [0, 10]]);
  });

  test("failing probes do not roll back a candidate without users", async () => {
    const { state, shares } = await play({
      rps: () => 0,
      rates: ({ role, source, second }) =>
        role === "candidate" && source === "probe" && second > 30 ? { errors: 1 } : {},
    });
    expect([state.outcome?.result, shares]).toEqual(["held", [0, 10]]);
  });

  test("few users with synthetic load beside them are enough", async () => {
    const { state, events } = await play({ rps: () => 2 });
    expect(state.outcome?.result).toBe("promoted");
    expect(verdictsIn(events).some(({ reason }) => reason.endsWith("by users and probes"))).toBe(true);
  });
});

describe("case 13: the users vanish in the middle of a step", () => {
  const away = between(7, 90);
  test("held after half a minute, and resumed when they come back", async () => {
    const { state, shares, events } = await play(
      { rps: (second) => (away(second) ? 0 : 1000), recounts: [] },
      { ...testPlan, steps: testPlan.steps.map((step) => ({ ...step, bound: 0.0005 })) },
    );
    expect(holdsIn(events).every(({ cause }) => cause === "data")).toBe(true);
    expect(holdsIn(events).length).toBeGreaterThan(30);
    expect([state.outcome?.result, shares]).toEqual(["promoted", [0, 10, 50, 100]]);
  });

  test("in the bake, probes keep watching", async () => {
    const plan = { ...testPlan, bake: [{ for: 120, poll: 1 }] };
    const leaving: Script = { rps: (second) => (second > 30 ? 0 : 1000) };
    expect((await play(leaving, plan)).outcome?.result).toBe("promoted");
    const dying = await play(
      { ...leaving, rates: ({ role, second }) => (role === "candidate" && second > 80 ? { errors: 1 } : {}) },
      plan,
    );
    expect([dying.outcome?.result, dying.state.inForce]).toEqual(["rolled-back", 0]);
  });
});

describe("case 16: traffic is moved by hand", () => {
  test.each([0, 25, 100])("to a share of %i: the promotion stops and leaves it there", async (share) => {
    const stage = world();
    const { promotion } = await stage.begin();
    await interrupt(promotion, () => stage.second() >= 8);
    stage.edge.share = share;
    const stopped = await promote(promotion);
    expect(stopped.outcome).toEqual({
      result: "held",
      reason: `traffic was changed outside the promoter: ${share} % is in force instead of 50 %`,
    });
    expect([stage.edge.share, sharesPut(stage)]).toEqual([share, [0, 10, 50]]);
    expect((await promote(promotion)).outcome?.result).toBe("held");
    expect(sharesPut(stage)).toEqual([0, 10, 50]);
    expect((await resume(promotion, "go on")).outcome?.result).toBe("promoted");
    expect(sharesPut(stage)).toEqual([0, 10, 50, 50, 100]);
  });

  test("and a rollback by hand afterwards takes it to 0", async () => {
    const stage = world();
    const { promotion } = await stage.begin();
    await interrupt(promotion, () => stage.second() >= 8);
    stage.edge.share = 30;
    await promote(promotion);
    expect((await rollBack(promotion, "enough")).outcome?.result).toBe("rolled-back");
    expect([stage.edge.share, sharesPut(stage)]).toEqual([0, [0, 10, 50, 0]]);
  });

  test("back to stable while stable drains: it is not taken away", async () => {
    const stage = world({
      boundary: (place) => {
        if (place === "after drain stable") stage.edge.share = 0;
      },
    });
    const { promotion } = await stage.begin();
    expect((await promote(promotion)).outcome).toMatchObject({
      result: "held",
      reason: expect.stringContaining("0 % is in force instead of 100 %"),
    });
    expect(stage.edge.calls).not.toContain("retire stable");
    expect(stage.edge.share).toBe(0);
  });
});
