import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  alarmingEvidence,
  type BakeDetector,
  bakeAlarms,
  observeBake,
  startBakeDetector,
} from "../../../promotion/evidence/bake.ts";
import { exceedanceEValue } from "../../../promotion/evidence/index.ts";
import { binomial } from "./arbitraries.ts";

const observe = (bake: BakeDetector, polls: [requests: number, failures: number][]): BakeDetector =>
  polls.reduce((now, [requests, failures]) => observeBake(now, { requests, failures }), bake);
const alarms = (bake: BakeDetector) => bakeAlarms(alarmingEvidence(bake));
const polls = (count: number, requests: number, failures: number) =>
  Array.from({ length: count }, (): [number, number] => [requests, failures]);

describe("the detector of the bake", () => {
  test("is at rest at the start and stays so while nothing fails", () => {
    expect(alarms(startBakeDetector())).toBe(false);
    expect(alarms(observe(startBakeDetector(), polls(3600, 100, 0)))).toBe(false);
  });

  test("alarms in the third poll of a dead candidate, not before", () => {
    expect(alarms(observe(startBakeDetector(), polls(2, 100, 100)))).toBe(false);
    expect(alarms(observe(startBakeDetector(), polls(3, 100, 100)))).toBe(true);
  });

  test("detects a dead candidate as fast after a healthy day", () => {
    const day = observe(startBakeDetector(), polls(86_400, 100, 0));
    expect(alarms(observe(day, polls(3, 100, 100)))).toBe(true);
  });

  test("does not alarm at one burst, however large", () => {
    expect(alarms(observe(startBakeDetector(), [...polls(10, 100, 0), [100, 100], ...polls(5, 100, 0)]))).toBe(false);
  });

  test("forgets failing polls once all of it is at rest", () => {
    const rested = observe(startBakeDetector(), [[100, 1], [100, 1], ...polls(600, 1000, 0)]);
    expect(rested.failingPolls).toBe(0);
    expect(
      alarms(
        observe(rested, [
          [100, 100],
          [100, 100],
        ]),
      ),
    ).toBe(false);
  });

  test("alarms at one failure in a hundred within ten seconds, and never at one in ten thousand in an hour", () => {
    expect(alarms(observe(startBakeDetector(), polls(10, 100, 1)))).toBe(true);
    const hour = Array.from({ length: 36 }, () => [...polls(99, 100, 0), [100, 1] as [number, number]]).flat();
    expect(alarms(observe(startBakeDetector(), hour))).toBe(false);
  });

  test("alarms at evidence of 10,000, not before", () => {
    // three polls that fail from their first request on, so that no part of the detector comes to rest in between
    const worth = (requests: number) => exceedanceEValue({ bound: 0.001, failures: 3, requests: requests + 2 });
    let requests = 1;
    while (worth(requests + 1) >= 10_000) requests++;
    const third = (requests: number) =>
      observe(startBakeDetector(), [
        [1, 1],
        [1, 1],
        [requests, 1],
      ]);
    expect([alarms(third(requests)), alarms(third(requests + 1))]).toEqual([true, false]);
  });

  test("grows by at most its value at rest, in expectation, over a poll of a service at the bound", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(3)), { maxLength: 20 }), fc.nat(60), (past, requests) => {
        const bake = observe(
          startBakeDetector(),
          past.map(([n, failures]) => [n + failures, failures]),
        );
        const expected = bake.logs.map(() => 0);
        binomial(requests, 0.001).forEach((chance, failures) => {
          observeBake(bake, { requests, failures }).logs.forEach((log, i) => {
            expected[i] = (expected[i] as number) + chance * Math.exp(log);
          });
        });
        expected.forEach((value, i) => {
          expect(value / Math.max(1, Math.exp(bake.logs[i] as number))).toBeCloseTo(1, 9);
        });
      }),
    );
  });

  test("does not change its input", () => {
    const bake = observe(startBakeDetector(), [[10, 1]]);
    const logs = [...bake.logs];
    observeBake(bake, { requests: 100, failures: 100 });
    expect(bake.logs).toEqual(logs);
  });
});
