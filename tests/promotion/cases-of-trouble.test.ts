/** The cases that every promotion must pass, as far as they need no platform: failures, pauses, and others who promote. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LEASE_MS, LeaseError, takeLease } from "../../promotion/lease.ts";
import { promote } from "../../promotion/promote.ts";
import { resume } from "../../promotion/resume.ts";
import { rollBack } from "../../promotion/rollback.ts";
import { between, holdsIn, interrupt, play, type Script, sharesPut, testPlan, type Where, world } from "./fixtures.ts";

describe("case 19: two promoters", () => {
  test("one wins, the other gets the holder and age of the lease; a stale lease is taken over with a note", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lease-"));
    try {
      const stage = world();
      const { promotion } = await stage.begin();
      const clock = promotion.clock;
      const anna = { owner: "anna", host: "here", pid: process.pid };
      const bert = { owner: "bert", host: "there", pid: 1 };
      const lease = await takeLease({ folder, holder: anna, clock });
      await interrupt({ ...promotion, lease }, ({ inForce }) => inForce === 50);
      const refused = expect(takeLease({ folder, holder: bert, clock })).rejects;
      await refused.toThrow(LeaseError);
      await refused.toThrow(/held by anna .* taken \d+ s ago/);

      await clock.sleep(LEASE_MS);
      const second = await takeLease({ folder, holder: bert, clock });
      expect(second.note).toContain("took over the lease of anna");
      const calls = [...stage.edge.calls];
      await expect(promote({ ...promotion, lease })).rejects.toThrow(/was lost.*held by bert/);
      expect(stage.edge.calls).toEqual(calls); // the one that was paused moves nothing any more
      expect((await resume({ ...promotion, lease: second }, second.note as string)).outcome?.result).toBe("promoted");
      await second.release();
      expect(await readdir(folder)).toEqual(["lease.2.json"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a promoter that lost the lease can neither resume nor roll back, and writes nothing", async () => {
    const stage = world();
    const { promotion, events } = await stage.begin();
    await interrupt(promotion, ({ inForce }) => inForce === 50);
    const lost = {
      ...promotion.lease,
      renew: async () => {
        throw new LeaseError("lost");
      },
    };
    const written = events.length;
    await expect(rollBack({ ...promotion, lease: lost }, "enough")).rejects.toThrow(LeaseError);
    await expect(resume({ ...promotion, lease: lost }, "again")).rejects.toThrow(LeaseError);
    expect([events.length, stage.edge.share]).toEqual([written, 50]);
  });

  test("one that loses its lease while it promotes stops before it moves anything more", async () => {
    const stage = world();
    const { promotion, events } = await stage.begin();
    let renewals = 0;
    const lease = {
      ...promotion.lease,
      renew: async () => {
        if (++renewals > 8) throw new LeaseError("lost");
      },
    };
    await expect(promote({ ...promotion, lease })).rejects.toThrow(LeaseError);
    expect([renewals, sharesPut(stage)]).toEqual([9, [0, 10]]);
    expect(events.at(-1)).toMatchObject({ event: "judged", verdict: { kind: "promote" } });
  });
});

describe("case 22: a failure after 100 %", () => {
  const dies =
    (from: number) =>
    ({ role, second }: Where) =>
      role === "candidate" && second > from ? { errors: 1 } : {};

  test.each([16, 20, 22])("in second %i still rolls back", async (from) => {
    const { state, shares, stage } = await play({ rates: dies(from) });
    expect(state.outcome?.result).toBe("rolled-back");
    expect([shares, state.inForce]).toEqual([[0, 10, 50, 100, 0], 0]);
    expect(stage.edge.calls).not.toContain("retire stable");
  });

  test("does not roll back to a stable that is down, until it answers again", async () => {
    const gone = between(18, 33);
    const script: Script = {
      rates: (at) => (at.role === "candidate" ? dies(20)(at) : gone(at.second) ? { errors: 1 } : {}),
    };
    const { state, shares, events, stage } = await play(script);
    expect(holdsIn(events).length).toBeGreaterThan(5);
    expect(holdsIn(events).every(({ cause }) => cause === "outage")).toBe(true);
    expect(state.outcome?.result).toBe("rolled-back");
    expect(shares).toEqual([0, 10, 50, 100, 0]);
    expect(stage.second()).toBeGreaterThan(33);
  });

  test("stays where it is, held, while stable does not come back", async () => {
    const script: Script = {
      rates: (at) => (at.role === "candidate" ? dies(20)(at) : at.second > 17 ? { errors: 1 } : {}),
    };
    const { state, stage } = await play(script);
    expect(state.outcome).toMatchObject({ result: "held", reason: expect.stringContaining("held for 30 s") });
    expect(stage.edge.share).toBe(100);
  });
});

describe("case 23: a pause longer than the deadline", () => {
  test.each([7, 12, 18])("in second %i is not a failure, and does not count as time", async (at) => {
    const { state, stage, events } = await play({ pauses: { [at]: 3600 } });
    expect(state.outcome?.result).toBe("promoted");
    expect(holdsIn(events)).toEqual([]);
    expect(stage.second()).toBeLessThanOrEqual(25 + 3600 + 1);
  });

  test("of a promoter that was stopped and is resumed neither", async () => {
    const stage = world();
    const { promotion, events } = await stage.begin();
    await interrupt(promotion, () => stage.second() >= 8);
    await stage.clock.sleep(3600_000);
    expect((await resume(promotion, "after lunch")).outcome?.result).toBe("promoted");
    expect(holdsIn(events)).toEqual([]);
  });

  test.each(["paused", "resumed"])("does not count towards a hold's timeout: %s", async (how) => {
    const silent = between(8, 13 + 3600 + 10);
    const stage = world({ silent, pauses: how === "paused" ? { 12: 3600 } : {} });
    const { promotion } = await stage.begin();
    if (how === "resumed") {
      await interrupt(promotion, () => stage.second() >= 12);
      await stage.clock.sleep(3600_000);
    }
    expect((await resume(promotion, "again")).outcome?.result).toBe("promoted");
  });
});

describe("case 24: services that depend on each other", () => {
  const services = ["session-buddy", "mahavishnu"];
  test.each(services)("%s fails: neither is promoted, both are rolled back", async (service) => {
    const { state, shares } = await play({
      services,
      rates: (at) => (at.service === service && at.role === "candidate" && at.share >= 50 ? { errors: 1 } : {}),
    });
    expect(state.outcome).toEqual({
      result: "rolled-back",
      reason: `${service}: the candidate fails more than stable`,
    });
    expect(shares).toEqual([0, 10, 50, 0]);
  });

  test("one is not certified yet: neither share rises", async () => {
    const { state, shares } = await play(
      { services, rates: (at) => (at.service === "mahavishnu" ? { errors: 0.004 } : {}) },
      {
        ...testPlan,
        steps: [{ share: 10, maxErrorRate: 0.003, minDuration: 1, maxDuration: 20 }, ...testPlan.steps.slice(1)],
      },
    );
    expect(shares).toEqual([0, 10]);
    expect(state.outcome?.result).toBe("held");
  });

  test("an outage of one leaves the evidence on the other as it is", async () => {
    const script: Script = {
      services,
      rates: (at) => (at.service === "mahavishnu" && between(8, 20)(at.second) ? { errors: 1 } : {}),
    };
    const { state, stage } = await play(script);
    expect(state.outcome?.result).toBe("promoted");
    const epochs = (state.evidence["session-buddy"]?.testWindowNumber ?? 0) - 1;
    expect(epochs).toBeLessThanOrEqual(stage.users("session-buddy").requests / 2000);
  });

  test("only those whose revisions differ are judged", async () => {
    const stage = world({ services, rates: (at) => (at.service === "session-buddy" ? { errors: 1 } : {}) });
    const { promotion, events } = await stage.begin();
    const [begun] = events;
    if (begun?.event !== "begun" || !begun.revisions[0]) throw new Error("not begun");
    begun.revisions[0].candidate = begun.revisions[0].stable;
    expect((await promote(promotion)).outcome?.result).toBe("promoted");
  });
});

describe("case 25: a shared outage", () => {
  const outage =
    (part: number, from: number, to: number) =>
    ({ second }: Where) =>
      between(from, to)(second) ? { errors: part } : {};

  test.each([
    [1, 8],
    [0.3, 8],
    [0.1, 8],
    [0.06, 8],
    [1, 20],
    [0.3, 20],
  ])("of %f of all requests, from second %i on, freezes the promotion; afterwards it goes on", async (part, from) => {
    const { state, events, shares } = await play({ rates: outage(part, from, from + 20) });
    expect(holdsIn(events).length).toBeGreaterThan(10);
    expect(new Set(holdsIn(events).map(({ reason }) => reason))).toEqual(
      new Set(["shared outage: both revisions fail"]),
    );
    expect([state.outcome?.result, shares]).toEqual(["promoted", [0, 10, 50, 100]]);
  });

  test("of slowness freezes it too, for as long as it lasts", async () => {
    const { state, shares } = await play({ rates: ({ second }) => (second > 5 ? { slow: 0.3 } : {}) });
    expect(state.outcome).toEqual({ result: "held", reason: "shared outage: both revisions fail (held for 30 s)" });
    expect(shares).toEqual([0, 10, 50]);
  });

  test("that lasts is left to a person, at the current share", async () => {
    const { state, stage } = await play({ rates: outage(1, 8, 1e9) });
    expect(state.outcome).toEqual({ result: "held", reason: "shared outage: both revisions fail (held for 30 s)" });
    expect(stage.edge.share).toBe(50);
  });

  test("does not hide a candidate that keeps failing alone", async () => {
    const script: Script = {
      rates: ({ role, second }) => (second > 8 && (role === "candidate" || second < 20) ? { errors: 0.5 } : {}),
    };
    const { state, shares } = await play(script);
    expect([state.outcome?.result, shares]).toEqual(["rolled-back", [0, 10, 50, 0]]);
  });
});
