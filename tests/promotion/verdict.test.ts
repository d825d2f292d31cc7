import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inOutage, startBake } from "../../promotion/evidence/candidate.ts";
import { plans } from "../../promotion/plan.ts";
import {
  decide,
  type EvidenceFacts,
  factsOf,
  gravest,
  silentFacts,
  type Verdict,
  type VerdictKind,
  withKinds,
} from "../../promotion/verdict.ts";
import { both, candidate, dead, healthy, outage, polls, start, times } from "./evidence/polls.ts";
import { seen } from "./fixtures.ts";

/** The documented table, as rows that exclude each other, so that their order cannot hide a mistake. */
function documented({ source, candidate, stable, step }: EvidenceFacts): Pick<Verdict, "kind" | "cause"> {
  if (source === "silent") return { kind: "hold", cause: "silence" };
  if (candidate.data === "none") return { kind: "hold", cause: "data" };
  if (candidate.convicted || candidate.worse) {
    const nowhereToGo = stable.down;
    const shared = candidate.convicted && !candidate.worse && (stable.overBoundLately || stable.unclear);
    return nowhereToGo || shared ? { kind: "hold", cause: "outage" } : { kind: "roll-back", cause: null };
  }
  if (step.phase === "shift") return { kind: "wait", cause: null };
  if (candidate.refusing && step.minDurationPassed) return { kind: "hold", cause: "data" };
  if (step.phase === "bake") return { kind: step.minDurationPassed ? "promote" : "wait", cause: null };
  if (candidate.unread && step.minDurationPassed) return { kind: "hold", cause: "data" };
  if (step.certified && step.minDurationPassed) return { kind: "promote", cause: null };
  if (step.maxDurationPassed) return { kind: "hold", cause: "deadline" };
  return { kind: "wait", cause: null };
}

describe("the decision table", () => {
  test("gives the documented verdict, with a reason in words, for all 16,384 combinations", () => {
    const all = combinations();
    expect(all).toHaveLength(16384);
    for (const one of all) {
      const { kind, cause, reason } = decide(one);
      expect({ kind, cause, of: one }).toEqual({ ...documented(one), of: one });
      expect(reason).toMatch(/^[a-z]+( [^ ]+){2,}$/);
      expect(reason).not.toMatch(/undefined|NaN|null/);
    }
  });

  test("names the claim that is certified, or still has to be", () => {
    const [claim, proof] = ["below 0.5 %", "at 25 % by users and probes"];
    const step = {
      phase: "step",
      certified: true,
      claim,
      proof,
      minDurationPassed: true,
      maxDurationPassed: false,
    } as const;
    const reason = (changed: Partial<EvidenceFacts["step"]>) => decide(fine({ ...step, share: 25, ...changed })).reason;
    expect(reason({})).toBe("certified below 0.5 % at 25 % by users and probes");
    expect(reason({ minDurationPassed: false })).toBe("certified below 0.5 %; waiting for the step's minimum duration");
    expect(reason({ certified: false, proof: "" })).toBe("not yet certified below 0.5 % at 25 %");
  });
});

const fine = (step: EvidenceFacts["step"]): EvidenceFacts => ({
  source: "live",
  candidate: { data: "some", convicted: false, worse: false, charge: "", unread: false, refusing: false },
  stable: { overBoundLately: false, unclear: false, down: false },
  step,
});

/** Every combination of what the table may look at. */
function combinations(): EvidenceFacts[] {
  const bits = Array.from({ length: 2 ** 14 }, (_, n) => (bit: number) => ((n >> bit) & 1) === 1);
  return bits.map((is) => ({
    source: is(0) ? "silent" : "live",
    candidate: {
      data: is(1) ? "none" : "some",
      convicted: is(2),
      worse: is(3),
      charge: "the candidate exceeds its error budget",
      unread: is(11),
      refusing: is(13),
    },
    stable: { overBoundLately: is(4), unclear: is(10), down: is(5) },
    step: {
      phase: is(12) ? "shift" : is(6) ? "bake" : "step",
      certified: is(7),
      minDurationPassed: is(8),
      maxDurationPassed: is(9),
      claim: "below 1 %",
      proof: "at 10 % by users",
      share: 10,
    },
  }));
}

describe("the facts of the evidence", () => {
  const step = { share: 10, maxErrorRate: 0.01, minDuration: 30, maxDuration: 100 };
  const at = (elapsed: number) => ({ step, margin: 0.005, phase: "step", elapsed }) as const;
  const judged = (evidence: Parameters<typeof factsOf>[0], second: number, elapsed = 10) =>
    decide(factsOf(evidence, at(elapsed), second * 1000));

  test("minimum and maximum duration have passed exactly when they are reached", () => {
    const passed = (elapsed: number) => {
      const { minDurationPassed, maxDurationPassed } = silentFacts(at(elapsed)).step;
      return [minDurationPassed, maxDurationPassed];
    };
    expect(passed(29.999)).toEqual([false, false]);
    expect(passed(30)).toEqual([true, false]);
    expect(passed(99.999)).toEqual([true, false]);
    expect(passed(100)).toEqual([true, true]);
  });

  test("a dead candidate is rolled back, in the words of the comparison where that convicts too", () => {
    expect(judged(polls(start(), 1, ...times(3, dead)), 3)).toMatchObject({
      kind: "roll-back",
      reason: "the candidate fails more than stable",
    });
    const unseen = candidate({ requests: 100, failures: 100 });
    expect(judged(polls(start(), 1, ...times(3, unseen)), 3)).toMatchObject({
      kind: "roll-back",
      reason: "the candidate exceeds its error budget",
    });
  });

  test("an outage of both is held, and so is the time after it", () => {
    let evidence = polls(start(), 1, ...times(5, outage));
    expect(judged(evidence, 5)).toMatchObject({
      kind: "hold",
      cause: "outage",
      reason: "shared outage: both revisions fail",
    });
    for (let second = 6; second < 60; second++) {
      evidence = polls(inOutage(evidence), second, healthy());
      expect(judged(evidence, second).kind).not.toBe("roll-back");
    }
    expect(judged(evidence, 60, 50).kind).toBe("promote");
  });

  test("a candidate that refuses most of its users is held, in a step and at the end of the bake", () => {
    const refuses = (refused: number, requests: number) =>
      polls(start(), 1, ...times(30, seen({ candidate: { user: { requests, refused }, probe: { requests: 100 } } })));
    const held = { kind: "hold", cause: "data", reason: "the candidate refused most of the users' requests at 10 %" };
    expect(judged(refuses(1, 1), 30, 30)).toMatchObject(held);
    expect(judged(refuses(2, 3), 30, 30)).toMatchObject(held);
    expect(judged(refuses(2, 3), 30, 29).kind).toBe("wait");
    expect(judged(refuses(1, 2), 30, 30).kind).toBe("promote");
    const bake = { ...at(30), phase: "bake" } as const;
    expect(decide(factsOf(startBake(refuses(2, 3)), bake, 30_000))).toMatchObject(held);
    expect(decide(factsOf(startBake(refuses(1, 2)), bake, 30_000)).kind).toBe("promote");
  });

  test.each([
    [{ failures: 30 }, "the candidate fails more than stable: 500 from the server, 90 of 300 requests"],
    [{ refused: 30 }, "the candidate refuses more requests than stable: 403 from the server, 150 of 300 requests"],
    [{ toolErrors: 30 }, "the candidate's tools fail more often than stable's: tool error, 600 of 300 requests"],
    [{ slow: 30 }, "the candidate is slower than stable: slower than 1 s, 120 of 300 requests"],
  ])("a rollback names the commonest kind of its charge alone: %o", (bad, reason) => {
    const window = both({ requests: 900 }, { requests: 100, ...bad });
    const kinds = { "500 from the server": 30, "403 from the server": 50, "tool error": 200, "slower than 1 s": 40 };
    const seen = { ...window, candidate: { ...window.candidate, kinds } };
    const evidence = polls(start(), 1, ...times(3, seen));
    expect(withKinds(judged(evidence, 3), evidence)).toMatchObject({ reason, kinds: { "tool error": 600 } });
  });

  test("a candidate may refuse what stable usually refuses", () => {
    const both = { user: { requests: 100, refused: 80 } };
    const evidence = polls(start(), 1, ...times(60, seen({ stable: both, candidate: both })));
    expect(judged(evidence, 60, 60).kind).toBe("promote");
  });

  test("a candidate that is worse during an outage of both is rolled back", () => {
    const worse = both({ requests: 900, failures: 90 }, { requests: 100, failures: 100 });
    expect(judged(polls(start(), 1, ...times(8, worse)), 8)).toMatchObject({ kind: "roll-back" });
  });

  test("shared failures do not excuse others", () => {
    const slowForBoth = both({ requests: 900, slow: 300 }, { requests: 100, slow: 33 });
    const brokenToo = both({ requests: 900, slow: 300 }, { requests: 100, slow: 30, failures: 20 });
    expect(judged(polls(start(), 1, ...times(6, slowForBoth)), 6).kind).toBe("hold");
    expect(judged(polls(start(), 1, ...times(6, brokenToo)), 6).kind).toBe("roll-back");
  });

  test("the bake's alarm is the candidate's own while stable is only slow", () => {
    const watched = polls(startBake(start()), 1, ...times(12, healthy(1000)));
    const failing = seen({
      stable: { probe: { requests: 1, slow: 1 } },
      candidate: { user: { requests: 100, failures: 1, slow: 30 } },
    });
    const verdict = decide(factsOf(polls(watched, 13, ...times(20, failing)), { ...at(10), phase: "bake" }, 32_000));
    expect(verdict).toMatchObject({
      kind: "roll-back",
      reason: "the candidate exceeds its error budget during the bake after 100 %",
    });
  });

  test("there is no rollback to a stable that is down", () => {
    const worse = both({ requests: 3, failures: 3 }, { requests: 1000, failures: 1000 });
    const went = polls(start(), 1, ...times(3, both({ requests: 3000 }, { requests: 100, failures: 30 })));
    const verdict = judged(polls(went, 4, ...times(3, worse)), 6);
    expect(verdict).toMatchObject({ kind: "hold", cause: "outage" });
    expect(verdict.reason).toContain("nothing to roll back to");
  });
});

describe("several services", () => {
  const verdict = (kind: VerdictKind): Verdict => ({
    kind,
    reason: `because ${kind}`,
    cause: kind === "hold" ? "data" : null,
  });
  const order: VerdictKind[] = ["roll-back", "hold", "wait", "promote"];

  test("the gravest verdict is everyone's, whatever the order, and names its service", () => {
    const kinds = fc.array(fc.constantFrom(...order), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(kinds, (kinds) => {
        const worst = order.find((kind) => kinds.includes(kind)) as VerdictKind;
        const got = gravest(kinds.map((kind, i) => ({ service: `service-${i}`, verdict: verdict(kind) })));
        expect(got).toEqual({ ...verdict(worst), reason: `service-${kinds.indexOf(worst)}: because ${worst}` });
      }),
    );
  });

  test("one service alone is not named", () => {
    expect(gravest([{ service: "mahavishnu", verdict: verdict("wait") }])).toEqual(verdict("wait"));
  });
});

test("the plans' bounds read as people write them", () => {
  const reasons = plans.evidence.steps.map(
    (step) => decide(factsOf(start(), { step, margin: 0.005, phase: "step", elapsed: 0 }, 0)).reason,
  );
  expect(reasons).toEqual([
    "not yet certified below 1 % at 10 %",
    "not yet certified below 0.5 % at 25 %",
    "not yet certified below 0.2 % at 50 %",
    "not yet certified below 0.1 % at 100 %",
  ]);
});
