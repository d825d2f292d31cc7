import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { observeWatch, startWatch, type Watch, watchAlarms } from "../../../promotion/evidence/bake.ts";
import { exceedanceEValue } from "../../../promotion/evidence/index.ts";
import { binomial } from "./arbitraries.ts";

const observe = (watch: Watch, polls: [requests: number, failures: number][]): Watch =>
  polls.reduce((now, [requests, failures]) => observeWatch(now, { requests, failures }), watch);
const polls = (count: number, requests: number, failures: number) =>
  Array.from({ length: count }, (): [number, number] => [requests, failures]);

describe("the detector of the watch", () => {
  test("is at rest at the start and stays so while nothing fails", () => {
    expect(watchAlarms(startWatch())).toBe(false);
    expect(watchAlarms(observe(startWatch(), polls(3600, 100, 0)))).toBe(false);
  });

  test("alarms in the third poll of a dead candidate, not before", () => {
    expect(watchAlarms(observe(startWatch(), polls(2, 100, 100)))).toBe(false);
    expect(watchAlarms(observe(startWatch(), polls(3, 100, 100)))).toBe(true);
  });

  test("notices a dead candidate as fast after a healthy day", () => {
    const day = observe(startWatch(), polls(86_400, 100, 0));
    expect(watchAlarms(observe(day, polls(3, 100, 100)))).toBe(true);
  });

  test("does not alarm at one burst, however large", () => {
    expect(watchAlarms(observe(startWatch(), [...polls(10, 100, 0), [100, 100], ...polls(5, 100, 0)]))).toBe(false);
  });

  test("forgets failing polls once all of it is at rest", () => {
    const rested = observe(startWatch(), [[100, 1], [100, 1], ...polls(600, 1000, 0)]);
    expect(rested.failingPolls).toBe(0);
    expect(
      watchAlarms(
        observe(rested, [
          [100, 100],
          [100, 100],
        ]),
      ),
    ).toBe(false);
  });

  test("alarms at one failure in a hundred within ten seconds, and never at one in ten thousand in an hour", () => {
    expect(watchAlarms(observe(startWatch(), polls(10, 100, 1)))).toBe(true);
    const hour = Array.from({ length: 36 }, () => [...polls(99, 100, 0), [100, 1] as [number, number]]).flat();
    expect(watchAlarms(observe(startWatch(), hour))).toBe(false);
  });

  test("alarms at evidence of 10,000, not before", () => {
    // three polls that fail from their first request on, so that no part of the detector comes to rest in between
    const worth = (requests: number) => exceedanceEValue({ bound: 0.001, failures: 3, requests: requests + 2 });
    let requests = 1;
    while (worth(requests + 1) >= 10_000) requests++;
    const third = (requests: number) =>
      observe(startWatch(), [
        [1, 1],
        [1, 1],
        [requests, 1],
      ]);
    expect([watchAlarms(third(requests)), watchAlarms(third(requests + 1))]).toEqual([true, false]);
  });

  test("grows by at most its value at rest, in expectation, over a poll of a service at the bound", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(3)), { maxLength: 20 }), fc.nat(60), (past, requests) => {
        const watch = observe(
          startWatch(),
          past.map(([n, failures]) => [n + failures, failures]),
        );
        const expected = watch.logs.map(() => 0);
        binomial(requests, 0.001).forEach((chance, failures) => {
          observeWatch(watch, { requests, failures }).logs.forEach((log, i) => {
            expected[i] = (expected[i] as number) + chance * Math.exp(log);
          });
        });
        expected.forEach((value, i) => {
          expect(value / Math.max(1, Math.exp(watch.logs[i] as number))).toBeCloseTo(1, 9);
        });
      }),
    );
  });

  test("leaves the one it was asked about as it was", () => {
    const watch = observe(startWatch(), [[10, 1]]);
    const logs = [...watch.logs];
    observeWatch(watch, { requests: 100, failures: 100 });
    expect(watch.logs).toEqual(logs);
  });
});
