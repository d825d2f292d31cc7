import { describe, expect, test } from "vitest";
import type { ServiceCounts } from "../../../promotion/counts.ts";
import {
  accusations,
  type CandidateEvidence,
  inOutage,
  observeEvidence,
  startBake,
} from "../../../promotion/evidence/candidate.ts";
import { total } from "../../../promotion/evidence/test-window.ts";
import { seen } from "../fixtures.ts";
import { against, both, dead, healthy, outage, polls, start, times } from "./polls.ts";

describe("a shared outage", () => {
  const during = (shared: ServiceCounts) => inOutage(polls(start(), 1, ...times(5, shared)));
  const shared = (evidence: CandidateEvidence) => accusations(evidence).filter((one) => one.shared && !one.compared);

  test("does not charge the candidate, and marks every charge that it raises", () => {
    const evidence = during(outage);
    expect(shared(evidence).map(({ charge }) => charge)).toEqual(["errors", "latency"]);
    expect(evidence.outage).toEqual(["errors", "latency"]);
  });

  test("leaves no evidence once stable has been healthy for ten seconds", () => {
    const soon = polls(during(outage), 6, ...times(9, healthy()));
    expect([soon.testWindowNumber, shared(soon).length]).toEqual([1, 2]);
    const recovered = polls(soon, 15, healthy());
    expect([recovered.testWindowNumber, accusations(recovered), recovered.outage]).toEqual([2, [], []]);
    expect(total(recovered.step.candidate)).toEqual(expect.objectContaining({ requests: 100, failures: 0 }));
  });

  test.each([1, 0.3, 0.1, 0.06])("of %f of all requests stays shared until it is wholly over", (part) => {
    const partly = both({ requests: 900, failures: 900 * part }, { requests: 100, failures: 100 * part });
    let evidence = inOutage(polls(start(), 1, ...times(10, partly)));
    for (let second = 11; second <= 40; second++) {
      evidence = polls(evidence, second, healthy());
      expect(accusations(evidence).filter((one) => !one.shared)).toEqual([]);
    }
  });

  test("of slowness lasts as long as stable is slow", () => {
    const slow = both({ requests: 900, slow: 300 }, { requests: 100, slow: 33 });
    let evidence = polls(polls(start(), -14, ...times(15, healthy())), 1, ...times(5, slow));
    for (let second = 6; second <= 30; second++) {
      evidence = polls(inOutage(evidence), second, slow);
      expect(shared(evidence).map(({ charge }) => charge)).toEqual(["latency"]);
    }
    expect(evidence.testWindowNumber).toBe(1);
    expect(polls(evidence, 31, ...times(11, healthy())).testWindowNumber).toBe(2);
  });

  test("does not mark evidence without charges", () => {
    expect(inOutage(polls(start(), 1, ...times(5, healthy()))).outage).toEqual([]);
  });

  test("resets the bake's detector when it is over", () => {
    const watched = inOutage(polls(startBake(start()), 1, ...times(5, outage)));
    const recovered = polls(watched, 6, ...times(11, healthy()));
    expect(accusations(recovered)).toEqual([]);
  });
});

describe("a shared outage too short to convict", () => {
  const burst = both({ requests: 900 }, { requests: 100, failures: 100 });

  test("leaves no evidence either: a later burst of the candidate starts from zero", () => {
    const over = polls(start(), 1, outage, outage, ...times(12, healthy()));
    expect(over).toMatchObject({ testWindowNumber: 2, outage: [] });
    expect(accusations(polls(over, 15, burst))).toEqual([]);
  });
});

describe("at 100 %, where stable answers only probes", () => {
  const few = (failures: number, candidate: { requests: number; failures: number }) =>
    seen({ stable: { probe: { requests: 1, failures } }, candidate: { user: candidate } });
  const partly = { requests: 1000, failures: 50 };

  test("a charge is doubtful while stable has answered too little, for ten seconds and no longer", () => {
    let evidence = polls(start(), 1, ...times(2, few(0, partly)));
    for (let second = 3; second <= 16; second++) {
      evidence = polls(evidence, second, few(0, partly));
      expect(against(evidence, "errors")).toMatchObject({ alone: true, shared: false, doubtful: second < 13 });
    }
  });

  test("a single successful probe does not end an outage while the candidate still fails", () => {
    const failing = seen({ stable: { probe: { requests: 20, failures: 20 } }, candidate: { user: partly } });
    const during = inOutage(polls(start(), 1, ...times(5, failing)));
    const lucky = polls(during, 6, ...times(15, few(0, partly)));
    expect(lucky.outage).toContain("errors");
    expect(accusations(lucky).filter(({ shared }) => !shared)).toEqual([]);
    expect(polls(lucky, 21, ...times(11, few(0, { requests: 1000, failures: 0 }))).outage).toEqual([]);
  });
});

describe("in the bake", () => {
  test("the detector sees counts from while the share was changing", () => {
    const watched = observeEvidence(startBake(start()), { at: 1000, counts: healthy() }, dead);
    expect(watched.bake?.[""]?.failingPolls).toBe(1);
  });

  test("the detector convicts of errors before the test window does", () => {
    const failing = both({ requests: 1 }, { requests: 100, failures: 1 });
    const old = polls(startBake(start()), 1, ...times(12, healthy(1000)), ...times(3, healthy(500)));
    const failed = polls(old, 16, ...times(10, failing));
    expect(against(failed, "errors")).toMatchObject({ alone: true, compared: false });
    expect(against(polls({ ...old, bake: null }, 16, ...times(10, failing)), "errors")).toBeUndefined();
  });
});
