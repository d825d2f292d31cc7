import { describe, expect, test } from "vitest";
import { noCounts } from "../../promotion/counts.ts";
import type { Begun, Event } from "../../promotion/events.ts";
import { plans } from "../../promotion/plan.ts";
import {
  baking,
  currentStep,
  fold,
  judge,
  pollMs,
  probesNeeded,
  type State,
  step,
  stepRecord,
} from "../../promotion/state.ts";
import type { Verdict } from "../../promotion/verdict.ts";
import { between, play, seen, testPlan } from "./fixtures.ts";

const begun: Begun = {
  event: "begun",
  format: 2,
  at: 0,
  id: "p1",
  plan: testPlan,
  revisions: [{ service: "akosha", stable: "akosha-1", candidate: "akosha-2" }],
};
const smoked: Event = { event: "smoked", at: 0, passed: true, reason: "8 of 8" };
const silent = { silent: true, why: "no answer" } as const;
const inForce = (second: number, share: number): Event => ({
  event: "in-force",
  at: second * 1000,
  share,
  baseline: counted(0),
});
const counted = (requests: number, failures = 0) =>
  ({ silent: false, since: "a", services: { akosha: seen({ candidate: { user: { requests, failures } } }) } }) as const;
const wait: Verdict = { kind: "wait", reason: "not yet", cause: null };
const judged = (second: number, verdict: Verdict = wait, requests = 100 * second): Event => ({
  event: "judged",
  at: second * 1000,
  seen: counted(requests),
  verdict,
});
const stateAfter = (...events: Event[]): State => fold([begun, ...events]);
const climbing = (...events: Event[]): State => stateAfter(inForce(0, 0), smoked, inForce(0, 10), ...events);
const hold = (cause: Verdict["cause"]): Verdict => ({ kind: "hold", reason: "because", cause });

describe("folding a journal", () => {
  test("it begins at 0 %, is smoked there, and wants the first share", () => {
    expect(stateAfter()).toMatchObject({ wanted: 0, inForce: null, smoked: false, outcome: null });
    expect(stateAfter(inForce(0, 0))).toMatchObject({ wanted: 0, inForce: 0 });
    expect(stateAfter(inForce(0, 0), smoked)).toMatchObject({ wanted: 10, inForce: 0, position: 0 });
  });

  test("each promote climbs one step, and the last one into the bake", () => {
    const promote: Verdict = { kind: "promote", reason: "certified", cause: null };
    const second = climbing(judged(5, promote));
    expect(second).toMatchObject({ position: 1, wanted: 50, inForce: 10, outcome: null });
    const third = [second, inForce(5, 50), judged(10, promote), inForce(10, 100)].reduce((state, event) =>
      step(state as State, event as Event),
    ) as State;
    expect([baking(third), currentStep(third)]).toEqual([false, testPlan.steps[2]]);
    const bake = step(third, judged(15, promote));
    expect(bake).toMatchObject({ position: 3, wanted: 100, inForce: 100, outcome: null, elapsed: 0 });
    expect([baking(bake), currentStep(bake).minDuration]).toEqual([true, 10]);
    expect([third.evidence.akosha?.bake, bake.evidence.akosha?.bake?.[""]?.failingPolls]).toEqual([null, 0]);
    expect(step(bake, judged(25, promote)).outcome).toEqual({
      result: "promoted",
      reason: "the bake after 100 % is complete",
    });
  });

  test("nothing that was folded is changed by folding on", () => {
    const state = deepFreeze(climbing(judged(1), judged(2)));
    for (const event of [
      judged(3),
      judged(3, hold("outage")),
      inForce(3, 50),
      { event: "moved", at: 3000, share: 7 } as const,
      { event: "ordered-back", at: 3000, reason: "enough" } as const,
      { event: "resumed", at: 3000, note: "again" } as const,
      { event: "drained", at: 3000, ended: "quiet", openRequests: 0 } as const,
      { event: "retired", at: 3000 } as const,
      { event: "smoked", at: 3000, passed: false, reason: "no" } as const,
    ]) {
      expect(step(state, event)).not.toBe(state);
    }
  });

  test("the judgement of every poll can be repeated from the journal alone", async () => {
    const { events } = await play({
      services: ["akosha", "mahavishnu"],
      silent: between(7, 9),
      rates: ({ second, role }) => ({
        errors: between(12, 20)(second) || (role === "candidate" && second > 40) ? 0.5 : 0,
      }),
    });
    const [first, ...rest] = events;
    let state = fold([first as Begun]);
    const kinds = new Set<string>();
    for (const event of rest) {
      if (event.event === "judged") {
        expect(judge(state, event.seen, event.at)).toEqual(event.verdict);
        kinds.add(event.verdict.kind);
      }
      state = step(state, event);
    }
    expect(kinds).toEqual(new Set(["wait", "promote", "hold", "roll-back"]));
  });
});

describe("the observed time of a step", () => {
  test("is the time between polls", () => {
    expect(climbing(judged(1), judged(2), judged(3)).elapsed).toBe(3000);
  });

  test("leaves out holds, and silence", () => {
    expect(
      climbing(judged(1), judged(2, hold("outage")), judged(3, hold("outage")), judged(4), judged(5)).elapsed,
    ).toBe(3000);
    const quiet = climbing(
      judged(1),
      { event: "judged", at: 2000, seen: silent, verdict: hold("silence") },
      judged(3),
      judged(4),
    );
    expect(quiet.elapsed).toBe(2000);
  });

  test("leaves out pauses of more than three polls", () => {
    expect(climbing(judged(1), judged(4)).elapsed).toBe(4000);
    expect(climbing(judged(1), judged(4.001, wait, 400)).elapsed).toBe(1000);
  });

  test("continues after a resumption, and restarts after a hold that was left to a person", () => {
    expect(climbing(judged(1), judged(2), { event: "resumed", at: 60_000, note: "" }, judged(61)).elapsed).toBe(3000);
    const undecided = climbing(judged(1), judged(2, hold("deadline")));
    expect(undecided.outcome?.result).toBe("held");
    const resumed = step(undecided, { event: "resumed", at: 60_000, note: "" });
    expect(resumed).toMatchObject({ outcome: null, elapsed: 0, hold: null, verdict: null, wanted: 10 });
  });
});

describe("counts from while the share was changing", () => {
  const moved = (second: number, share: number, requests: number): Event => ({
    event: "in-force",
    at: second * 1000,
    share,
    baseline: counted(requests, 7),
  });
  const counts = (state: State) => {
    const { testWindow, step } = state.evidence.akosha as NonNullable<State["evidence"][string]>;
    return {
      convicting: testWindow.views[""]?.requests,
      failures: testWindow.views[""]?.tests[0]?.bad,
      certifying: step.candidate.user.requests,
    };
  };

  test("may convict in the next poll, once, and certifies nothing", () => {
    const shifted = climbing(judged(1, wait, 100), moved(2, 50, 130));
    expect(counts(shifted)).toEqual({ convicting: 100, failures: 0, certifying: 0 });
    const seenOnce = step(shifted, { event: "judged", at: 3000, seen: counted(200, 7), verdict: wait });
    expect(counts(seenOnce)).toEqual({ convicting: 200, failures: 7, certifying: 70 });
    const seenTwice = step(seenOnce, { event: "judged", at: 4000, seen: counted(300, 7), verdict: wait });
    expect(counts(seenTwice)).toEqual({ convicting: 300, failures: 7, certifying: 170 });
  });

  test("waits through silence, and adds up over several moves", () => {
    const shifted = climbing(judged(1, wait, 100), moved(2, 50, 130), moved(3, 50, 170), {
      event: "judged",
      at: 4000,
      seen: silent,
      verdict: hold("silence"),
    });
    const again = step(shifted, { event: "judged", at: 5000, seen: counted(200, 7), verdict: wait });
    expect(counts(again)).toEqual({ convicting: 200, failures: 7, certifying: 30 });
  });
});

describe("a hold", () => {
  const holding = (cause: "outage" | "silence" | "data", ...seconds: number[]) =>
    climbing(...seconds.map((second) => judged(second, hold(cause))));
  test.each([
    ["outage", 30],
    ["silence", 20],
    ["data", 60],
  ] as const)("for %s is left to a person after %i s, not before", (cause, patience) => {
    const polls = Array.from({ length: patience }, (_, i) => i + 1);
    expect(holding(cause, ...polls).outcome).toBeNull();
    expect(holding(cause, ...polls, patience + 1).outcome).toEqual({
      result: "held",
      reason: `because (held for ${patience} s)`,
    });
  });

  test("is as old as its cause", () => {
    const mixed = climbing(
      ...Array.from({ length: 19 }, (_, i) => judged(i + 1, hold("silence"))),
      judged(20, hold("outage")),
      ...Array.from({ length: 19 }, (_, i) => judged(i + 21, hold("silence"))),
    );
    expect([mixed.outcome, mixed.hold]).toEqual([null, { cause: "silence", since: 21_000 }]);
    expect(climbing(judged(1, hold("data")), judged(2)).hold).toBeNull();
  });

  test("at the deadline is left to a person at once", () => {
    expect(climbing(judged(1, hold("deadline"))).outcome).toEqual({ result: "held", reason: "because" });
  });
});

describe("manual actions", () => {
  test("ordered back: the share goes to 0 for good, whatever was decided before", () => {
    const back: Event = { event: "ordered-back", at: 5000, reason: "enough" };
    for (const state of [stateAfter(), climbing(judged(1)), climbing(judged(1, hold("deadline")))]) {
      const ordered = step(state, back);
      expect(ordered).toMatchObject({ wanted: 0, outcome: { result: "rolled-back", reason: "enough" } });
      expect(step(ordered, { event: "resumed", at: 6000, note: "" })).toMatchObject({
        wanted: 0,
        outcome: ordered.outcome,
      });
    }
  });

  test("moved the traffic: it stays there until the promotion is resumed", () => {
    const moved = step(climbing(judged(1)), { event: "moved", at: 2000, share: 7 });
    expect(moved).toMatchObject({
      wanted: 7,
      inForce: 7,
      outcome: { result: "held", reason: expect.stringContaining("7 % is in force instead of 10 %") },
    });
    expect(step(moved, { event: "resumed", at: 3000, note: "" })).toMatchObject({
      wanted: 10,
      inForce: 7,
      outcome: null,
    });
  });
});

describe("a step's record", () => {
  test("says its share, time, verdict, counts and what they certify", () => {
    const verdict: Verdict = { kind: "roll-back", reason: "the candidate exceeds its error budget", cause: null };
    const state = climbing(judged(1, wait, 400), judged(2, verdict, 500));
    expect(state.steps).toEqual([
      {
        share: 10,
        seconds: 2,
        verdict: "roll-back",
        reason: "the candidate exceeds its error budget",
        candidate: expect.objectContaining({ requests: 500, failures: 0 }),
        stable: expect.objectContaining({ requests: 0 }),
        probes: { candidate: noCounts, stable: noCounts },
        certified: expect.closeTo(0.0065, 4),
      },
    ]);
    expect(stepRecord(climbing())).toMatchObject({
      share: 10,
      seconds: 0,
      verdict: "wait",
      reason: "",
      certified: null,
    });
  });

  test("of several services adds their counts and certifies what all of them certify", () => {
    const revisions = ["a", "b"].map((service) => ({ service, stable: "1", candidate: "2" }));
    const services = {
      a: seen({ candidate: { user: { requests: 700 } } }),
      b: seen({ candidate: { user: { requests: 100 } } }),
    };
    const baseline = { silent: false, since: "x", services: { a: seen({}), b: seen({}) } } as const;
    const state = fold([
      { ...begun, revisions },
      { event: "in-force", at: 0, share: 0, baseline },
      smoked,
      { event: "in-force", at: 0, share: 10, baseline },
      { event: "judged", at: 1000, seen: { silent: false, since: "x", services }, verdict: wait },
    ]);
    expect(stepRecord(state).candidate.requests).toBe(800);
    expect(stepRecord(state).certified).toBeCloseTo(0.032, 3);
    expect(Object.values(state.evidence).map(({ shareOfAlpha }) => shareOfAlpha)).toEqual([0.5, 0.5]);
  });
});

test("a service whose revision does not change is not judged", () => {
  const revisions = [...begun.revisions, { service: "mahavishnu", stable: "same", candidate: "same" }];
  expect(fold([{ ...begun, revisions }]).evidence).toEqual({ akosha: expect.objectContaining({ shareOfAlpha: 1 }) });
});

test("polls and probes are asked for as the state needs them", () => {
  expect(pollMs(climbing())).toBe(1000);
  expect(probesNeeded(climbing(judged(29, wait, 10)))).toBe(1);
  expect(probesNeeded(climbing(judged(30, wait, 149)))).toBe(20);
  expect(probesNeeded(climbing(judged(30, wait, 150)))).toBe(1);
});

test("at 100 % stable gets enough probes to detect a shared outage, during the closely polled part of the bake", () => {
  const all = { ...climbing(judged(30, wait, 150)), wanted: 100 };
  expect(probesNeeded(all)).toBe(20);
  const [close = { for: 0, poll: 1 }] = plans.report.bake;
  const baking = { ...all, plan: plans.report, position: plans.report.steps.length };
  expect(probesNeeded({ ...baking, elapsed: close.for * 1000 - 1 })).toBe(20);
  expect(probesNeeded({ ...baking, elapsed: close.for * 1000 })).toBe(1);
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
