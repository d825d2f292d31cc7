import { describe, expect, test } from "vitest";
import { addCounts, type Counts, type ServiceCounts } from "../../promotion/counts.ts";
import { type Journal, JournalError, memoryJournal, UnwritableError } from "../../promotion/journal.ts";
import { LeaseError } from "../../promotion/lease.ts";
import { begin, promote } from "../../promotion/promote.ts";
import { resume } from "../../promotion/resume.ts";
import { rollBack } from "../../promotion/rollback.ts";
import type { State } from "../../promotion/state.ts";
import { between, counts, holdsIn, interrupt, play, sharesPut, testPlan, type World, world } from "./fixtures.ts";

const refusing = (share: number, refused: (second: number) => boolean) => (put: number, second: number) => {
  if (put === share && refused(second)) throw new Error(`503: cannot put ${share} %`);
};
const deadAt =
  (from: number) =>
  ({ role, share }: { role: string; share: number }) =>
    role === "candidate" && share >= from ? { errors: 1 } : {};

test("a promotion begins with one line that says its format, plan and revisions", async () => {
  const journal = memoryJournal();
  const revisions = [{ service: "akosha", stable: "akosha-1", candidate: "akosha-2" }];
  await begin(journal, { at: 5, id: "p1", plan: testPlan, revisions });
  expect(await journal.read()).toEqual([{ event: "begun", format: 2, at: 5, id: "p1", plan: testPlan, revisions }]);
});

test("a journal without a beginning is not a promotion", async () => {
  const { promotion } = await world().begin();
  await expect(promote({ ...promotion, journal: memoryJournal() })).rejects.toThrow(JournalError);
});

describe("a share that the platform refuses", () => {
  test("for a while is retried at each poll, until it is in force", async () => {
    const { outcome, shares, stage } = await play({ refuse: refusing(50, between(5, 15)) });
    expect(outcome?.result).toBe("promoted");
    expect(shares).toEqual([0, 10, ...Array.from({ length: 11 }, () => 50), 100]);
    expect(stage.second()).toBe(25 + 10);
  });

  test("is also retried during a rollback", async () => {
    const { outcome, state, stage } = await play({ rates: deadAt(50), refuse: refusing(0, between(1, 20)) });
    expect([outcome?.result, state.inForce, stage.edge.share]).toEqual(["rolled-back", 0, 0]);
  });

  test("for longer than the plan waits ends the run with the platform's words; the next run carries it out", async () => {
    let broken = true;
    const stage = world({ rates: deadAt(50), refuse: refusing(0, (second) => broken && second > 0) });
    const { promotion, events } = await stage.begin();
    await expect(promote(promotion)).rejects.toThrow("503: cannot put 0 %");
    expect(stage.second()).toBe(8 + 20);
    expect(events.at(-1)).toMatchObject({ event: "judged", verdict: { kind: "roll-back" } });
    broken = false;
    expect((await resume(promotion, "the platform is back")).inForce).toBe(0);
    expect(stage.edge.share).toBe(0);
  });

  test("does not hide counts from meanwhile", async () => {
    const failsFrom = 6;
    const { outcome, shares } = await play({
      refuse: refusing(50, between(5, 15)),
      rates: ({ role, second }) => (role === "candidate" && second > failsFrom ? { errors: 0.5 } : {}),
    });
    expect([outcome?.result, shares.at(-1)]).toEqual(["rolled-back", 0]);
  });
});

describe("while a rising share is refused", () => {
  const always = refusing(50, (second) => second >= 5 && second < 200);

  test("the candidate is judged at the share that is in force, and rolled back from there", async () => {
    const { outcome, state, shares, stage } = await play({
      refuse: always,
      rates: ({ role, second }) => (role === "candidate" && second > 8 ? { errors: 1 } : {}),
    });
    expect([outcome?.result, state.inForce, shares.at(-1)]).toEqual(["rolled-back", 0, 0]);
    expect(stage.second()).toBeLessThanOrEqual(13);
  });

  test("nothing is certified, and the share does not rise further", async () => {
    const { promotion, events } = await world({ refuse: always }).begin();
    await expect(promote(promotion)).rejects.toThrow("503: cannot put 50 %");
    const verdicts = events.flatMap((event) => (event.event === "judged" && event.at > 0 ? [event.verdict] : []));
    expect(verdicts.filter(({ kind }) => kind === "promote")).toHaveLength(1);
    expect(verdicts.at(-1)).toEqual({ kind: "wait", reason: "waiting for 50 % to be put in force", cause: null });
  });

  test("a hold that is left to a person withdraws it", async () => {
    const stage = world({ refuse: always, rates: ({ second }) => (second > 8 ? { errors: 1 } : {}) });
    const { promotion } = await stage.begin();
    const state = await promote(promotion);
    expect(state).toMatchObject({ outcome: { result: "held" }, wanted: 10, inForce: 10 });
    expect(stage.edge.share).toBe(10);
  });

  test("a share that took effect although it was refused is accepted as in force", async () => {
    const stage = world({
      refuse: (put, second) => {
        if (put !== 50 || second > 5) return;
        stage.edge.share = 50;
        throw new Error("the answer was lost");
      },
    });
    const { promotion, events } = await stage.begin();
    expect((await promote(promotion)).outcome?.result).toBe("promoted");
    expect(events.filter(({ event }) => event === "moved")).toEqual([]);
  });
});

describe("a source that contradicts itself", () => {
  test.each([
    ["more failures than requests", { requests: 5, failures: 20 }],
    ["failures and refusals that are more than all requests", { requests: 15, failures: 10, refused: 10 }],
    ["a count that shrinks", { requests: 5, failures: -1 }],
  ])("is silent, with the reason: %s", async (_, more) => {
    const stage = world();
    const { promotion, events } = await stage.begin();
    const wrong = (now: Counts): Counts => addCounts(now, counts(more));
    const source = {
      ...promotion.source,
      poll: async () => {
        const seen = await promotion.source.poll();
        if (seen.silent || !between(7, 9)(stage.second())) return seen;
        const { mahavishnu } = seen.services as { mahavishnu: ServiceCounts };
        const candidate = { ...mahavishnu.candidate, probe: wrong(mahavishnu.candidate.probe) };
        return { ...seen, services: { mahavishnu: { ...mahavishnu, candidate } } };
      },
    };
    expect((await promote({ ...promotion, source })).outcome?.result).toBe("promoted");
    expect(holdsIn(events)[0]).toMatchObject({
      cause: "silence",
      reason: expect.stringContaining("its counts contradict each other (mahavishnu, candidate, probes: "),
    });
  });
});

describe("with an unwritable journal", () => {
  const full = new UnwritableError("the journal j cannot be written: ENOSPC");
  /** A journal that fails from the second `from` on, for as many appends as the reserve does not cover. */
  const failing = async (stage: World, from: number, appends: number) => {
    const begun = await stage.begin();
    let left = appends;
    const append: Journal["append"] = async (event) => {
      if (stage.second() >= from && left-- > 0) throw full;
      await begun.promotion.journal.append(event);
    };
    return { ...begun, promotion: { ...begun.promotion, journal: { ...begun.promotion.journal, append } } };
  };

  test("traffic goes back to stable, and the reserve has room to record it", async () => {
    const stage = world();
    const { promotion, events } = await failing(stage, 8, 1);
    const state = await promote(promotion);
    expect(stage.edge.share).toBe(0);
    expect(state.outcome).toEqual({ result: "rolled-back", reason: `rolled back to stable: ${full.message}` });
    expect(events.slice(-2)).toMatchObject([{ event: "ordered-back" }, { event: "in-force", share: 0 }]);
  });

  test("traffic goes back to stable from a share that took effect but could not be recorded, the first one too", async () => {
    const stage = world();
    const { promotion } = await stage.begin();
    const append: Journal["append"] = async (event) => {
      if (stage.edge.share > 0) throw full;
      await promotion.journal.append(event);
    };
    await expect(promote({ ...promotion, journal: { ...promotion.journal, append } })).resolves.toMatchObject({
      outcome: { result: "rolled-back" },
    });
    expect(sharesPut(stage)).toEqual([0, 10, 0]);
  });

  test("traffic goes back to stable without a record, even where the platform refuses at first", async () => {
    const stage = world({ refuse: refusing(0, between(8, 12)) });
    const { promotion } = await failing(stage, 8, Number.POSITIVE_INFINITY);
    await expect(promote(promotion)).rejects.toThrow(/ENOSPC\. Traffic is back on stable, but this was not recorded/);
    expect(stage.edge.share).toBe(0);
  });

  test("the same goes for a lease that cannot be renewed, but not for one that was lost", async () => {
    for (const [error, share] of [
      [new UnwritableError("the lease cannot be renewed: EROFS"), 0],
      [new LeaseError("the lease was lost"), 10],
    ] as const) {
      const stage = world();
      const { promotion } = await stage.begin();
      const renew = async () => {
        if (stage.second() >= 3) throw error;
      };
      await promote({ ...promotion, lease: { ...promotion.lease, renew } }).catch(() => {});
      expect(stage.edge.share).toBe(share);
    }
  });

  test.each([
    ["the journal has no room for it", 1, "recorded"],
    ["the journal stays full", Number.POSITIVE_INFINITY, "unrecorded"],
    ["the lease cannot be renewed", 0, "recorded"],
  ])("a person's order moves traffic back to stable: %s", async (_, appends, kept) => {
    const stage = world();
    const { promotion, events } = await failing(stage, 8, appends);
    await interrupt(promotion, () => stage.second() >= 7);
    expect(stage.edge.share).toBe(50);
    await stage.clock.sleep(1000);
    const renew = async () => {
      if (appends === 0) throw new UnwritableError("the lease cannot be renewed: EROFS");
    };
    const end = rollBack({ ...promotion, lease: { ...promotion.lease, renew } }, "users complain");
    if (kept === "recorded") {
      expect((await end).outcome).toEqual({ result: "rolled-back", reason: "users complain" });
      expect(events.slice(-2)).toMatchObject([{ event: "ordered-back" }, { event: "in-force", share: 0 }]);
    } else {
      await expect(end).rejects.toThrow(/Traffic is back on stable, but this was not recorded: users complain/);
    }
    expect(stage.edge.share).toBe(0);
  });

  test("nothing is moved before users reach the candidate, and nothing once it is promoted", async () => {
    for (const [last, share] of [
      ["smoked", 0],
      ["drained", 100],
    ] as const) {
      const stage = world();
      const { promotion } = await stage.begin();
      const append: Journal["append"] = async (event) => {
        if (event.event === last) throw full;
        await promotion.journal.append(event);
      };
      await expect(promote({ ...promotion, journal: { ...promotion.journal, append } })).rejects.toBe(full);
      expect(stage.edge.share).toBe(share);
    }
  });
});

describe("a share that cannot be read", () => {
  const unreadable = (cannot: (second: number) => boolean) => (second: number) => {
    if (cannot(second)) throw new Error("replicas disagree");
  };

  test("for a while is held like a silent source, and loses no counts", async () => {
    const { outcome, events, shares } = await play({ unreadable: unreadable(between(7, 12)) });
    expect([outcome?.result, shares]).toEqual(["promoted", [0, 10, 50, 100]]);
    expect(holdsIn(events)).toHaveLength(5);
    expect(holdsIn(events)[0]?.reason).toBe(
      "the metrics source is silent (the share in force cannot be read: replicas disagree)",
    );
  });

  test("does not spare a dead candidate once it can be read", async () => {
    const { outcome, stage } = await play({ rates: deadAt(50), unreadable: unreadable(between(6, 9)) });
    expect(outcome?.result).toBe("rolled-back");
    expect(stage.second()).toBeLessThanOrEqual(11);
  });

  test("for longer than the plan waits is left to a person", async () => {
    const { outcome, stage } = await play({ unreadable: unreadable((second) => second > 7) });
    expect(outcome?.result).toBe("held");
    expect(stage.edge.share).toBe(50);
  });
});

describe("an abort", () => {
  test("ends the run between two polls with its reason, and wakes it from its sleep", async () => {
    const { promotion } = await world().begin();
    const stop = new AbortController();
    const asleep = {
      now: promotion.clock.now,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve())),
    };
    const running = promote({ ...promotion, clock: asleep, signal: stop.signal });
    setImmediate(() => stop.abort(new Error("Ctrl-C")));
    await expect(running).rejects.toThrow("Ctrl-C");
  });

  test("right after a verdict lets it be carried out first", async () => {
    const stage = world({ rates: deadAt(10) });
    const { promotion } = await stage.begin();
    const stop = new AbortController();
    const onEvent = ({ outcome }: State) => outcome && stop.abort(new Error("Ctrl-C"));
    await expect(promote({ ...promotion, onEvent, signal: stop.signal })).rejects.toThrow("Ctrl-C");
    expect(sharesPut(stage)).toEqual([0, 10, 0]);
  });

  test("before the beginning does nothing at all", async () => {
    const stage = world();
    const { promotion, events } = await stage.begin();
    await expect(promote({ ...promotion, signal: AbortSignal.abort(new Error("Ctrl-C")) })).rejects.toThrow("Ctrl-C");
    expect([stage.edge.calls, events.length]).toEqual([[], 1]);
  });
});

describe("the order of things", () => {
  test("a decision is recorded before it is carried out, and the lease is renewed in between", async () => {
    const places: string[] = [];
    await play({ rates: deadAt(100), boundary: (place) => places.push(place) });
    const shifts = places.flatMap((place, i) => (place.startsWith("before share") ? [i] : []));
    expect(shifts).toHaveLength(5);
    for (const i of shifts.slice(2)) {
      expect(places.slice(i - 4, i + 6)).toEqual([
        "before writing judged",
        "after writing judged",
        "before renewing the lease",
        "after renewing the lease",
        places[i],
        places[i]?.replace("before", "after"),
        "before polling",
        "after polling",
        "before writing in-force",
        "after writing in-force",
      ]);
    }
  });

  test("the lease is renewed before everything, and kept during everything that may take long", async () => {
    let kept = 0;
    const long: string[] = [];
    let renewed = false;
    const stage = world({
      boundary: (place) => {
        if (place.startsWith("after renewing")) renewed = true;
        if (place.startsWith("before sleeping")) expect(renewed).toBe(true);
        if (place.startsWith("after writing")) renewed = false;
        if (/^before (share|smoke|drain|retire)/.test(place)) long.push(`${place} ${kept}`);
      },
    });
    const { promotion } = await stage.begin();
    const keep = async <T>(work: Promise<T>) => {
      kept += 1;
      return work;
    };
    await promote({ ...promotion, lease: { ...promotion.lease, keep } });
    expect(long).toHaveLength(7);
    expect(kept).toBe(7);
  });

  test("every recorded event is reported, in order, with the resulting state", async () => {
    const { promotion, events } = await world().begin();
    const told: [State, unknown][] = [];
    const state = await promote({ ...promotion, onEvent: (state, event) => void told.push([state, event]) });
    expect(told.map(([, event]) => event)).toEqual(events.slice(1));
    expect(told.at(-1)?.[0]).toBe(state);
  });
});

test("probes are one a second, and twenty once there are too few users for half a minute, and at 100 %", async () => {
  const rates: [number, number][] = [];
  const stage = world({ rps: (second) => (second < 60 ? 20 : 2000) });
  const { promotion } = await stage.begin();
  const probes = { rate: async (perSecond: number) => void rates.push([stage.second(), perSecond]) };
  await promote({ ...promotion, probes });
  const at = (second: number) => rates.find(([when]) => when === second)?.[1];
  expect([at(1), at(29), at(30), at(59)]).toEqual([1, 1, 20, 20]);
  expect(rates.find(([second]) => second > 60)?.[1]).toBe(1);
  expect(rates.at(-1)?.[1]).toBe(20);
});

test("the bake polls as its stretches say", async () => {
  const bake = [
    { for: 3, poll: 1 },
    { for: 40, poll: 10 },
  ];
  const { events, outcome, stage } = await play({}, { ...testPlan, bake });
  const times = events.flatMap((event) => (event.event === "judged" ? [event.at] : []));
  const gaps = times.map((at, i) => (at - (times[i - 1] ?? at)) / 1000);
  expect(gaps.slice(-7)).toEqual([1, 1, 1, 10, 10, 10, 10]);
  expect([outcome?.result, stage.second()]).toEqual(["promoted", 15 + 43]);
});

test("without a bake the last certificate ends the promotion", async () => {
  const { outcome, stage } = await play({}, { ...testPlan, bake: [] });
  expect([outcome?.result, stage.second()]).toEqual(["promoted", 15]);
  expect(outcome?.reason).toBe("certified below 0.2 % at 100 % by users");
});

test("a final outcome is not processed again", async () => {
  const stage = world();
  const { promotion, events } = await stage.begin();
  await interrupt(promotion, ({ outcome }) => outcome !== null);
  const [first, second] = [await promote(promotion), await promote(promotion)];
  expect(second).toEqual(first);
  expect(stage.edge.calls.filter((call) => call === "retire stable")).toHaveLength(1);
  expect(events.filter(({ event }) => event === "drained")).toHaveLength(1);
  expect(sharesPut(stage)).toEqual([0, 10, 50, 100]);
});

test("a rollback names the commonest kind, and its verdict carries the kinds and samples", async () => {
  const stage = world({ rates: deadAt(10) });
  const { promotion, events } = await stage.begin();
  const sample = {
    at: 1,
    service: "mahavishnu",
    role: "candidate",
    probe: false,
    kind: "500 from the server",
    code: 500,
    flags: null,
    rpcCode: null,
    method: "tools/call",
    tool: "search",
    client: "7",
  } as const;
  const source = {
    samples: async () => [sample],
    poll: async () => {
      const seen = await promotion.source.poll();
      if (seen.silent) return seen;
      const { mahavishnu } = seen.services as { mahavishnu: ServiceCounts };
      const { user } = mahavishnu.candidate;
      const candidate = {
        ...mahavishnu.candidate,
        kinds: { "500 from the server": user.failures, "connection refused": 2 },
      };
      return { ...seen, services: { mahavishnu: { ...mahavishnu, candidate } } };
    },
  };
  const { outcome } = await promote({ ...promotion, source });
  expect(outcome?.reason).toMatch(/^the candidate fails more than stable: 500 from the server, \d+ of \d+ requests$/);
  const judged = events.filter((event) => event.event === "judged");
  expect(judged.at(-1)).toMatchObject({ samples: [sample], verdict: { kinds: { "500 from the server": 300 } } });
  expect(judged.slice(0, -1).every((event) => !("samples" in event) && !("kinds" in event.verdict))).toBe(true);
});
