import { describe, expect, test } from "vitest";
import { alphas, indicators } from "../../../promotion/evidence/epoch.ts";
import { exceedanceEValue } from "../../../promotion/evidence/index.ts";
import {
  accusations,
  certified,
  certifiedBy,
  observeTrial,
  stableDown,
  stableOverBoundLately,
  startStep,
  startTrial,
  stepTotal,
  type Trial,
  userRate,
  withoutProbes,
  withoutUsers,
} from "../../../promotion/evidence/trial.ts";
import { seen } from "../kit.ts";
import { against, both, candidate, charges, dead, healthy, polls, start, times } from "./polls.ts";

/** The fewest failures, spread over three polls of a candidate that is alone, that convict it of errors. */
function fewestFailures(trial: Trial, requests: number): number {
  for (let failures = 3; ; failures++) {
    const last = failures - 2;
    const convicted = polls(
      trial,
      100,
      candidate({ requests: requests - last - 1, failures: 1 }),
      candidate({ requests: 1, failures: 1 }),
      candidate({ requests: last, failures: last }),
    );
    if (against(convicted, "errors")?.alone) return failures;
  }
}

/** The fewest failures whose evidence reaches 1/alpha. */
function fewestFor(alpha: number, requests: number): number {
  for (let failures = 3; ; failures++) {
    if (exceedanceEValue({ bound: 0.001, failures, requests }) >= 1 / alpha) return failures;
  }
}

describe("the error probability of a conviction", () => {
  test("is one in a hundred for all tests together", () => {
    const spent = indicators.flatMap(({ tests }) => tests).reduce((sum, { alpha }) => sum + alpha, 0);
    expect(spent).toBeCloseTo(0.01, 12);
    expect(alphas).toEqual({ conviction: 0.01, certificate: 0.05 });
  });

  test.each([50, 200, 500, 1000, 1500])(
    "is a quarter of that for errors, less the first epoch's part, at %i requests",
    (requests) => {
      expect(fewestFailures(start(), requests)).toBe(fewestFor((0.0025 * 6) / Math.PI ** 2, requests));
    },
  );

  test.each([2, 3, 5])("is divided by the %i services of a promotion", (services) => {
    const trial = startTrial(0, 1 / services);
    expect(fewestFailures(trial, 1500)).toBe(fewestFor((0.0025 * 6) / Math.PI ** 2 / services, 1500));
  });

  test.each([2, 3, 10])("shrinks with the square of the epoch, here the %i-th", (epoch) => {
    const trial = polls(start(), 1, ...times((epoch - 1) * 20, candidate({ requests: 100 })));
    expect(trial.epochNumber).toBe(epoch);
    expect(fewestFailures(trial, 1500)).toBe(fewestFor((0.0025 * 6) / (Math.PI * epoch) ** 2, 1500));
  });
});

describe("an epoch", () => {
  test("is over at 2,000 requests of the candidate, not one before", () => {
    const before = polls(start(), 1, ...times(19, candidate({ requests: 100 })), candidate({ requests: 99 }));
    expect([before.epochNumber, before.epoch.requests]).toEqual([1, 1999]);
    const after = polls(before, 21, candidate({ requests: 1 }));
    expect([after.epochNumber, after.epoch.requests]).toEqual([2, 0]);
  });

  test("counts users and probes alike", () => {
    const probed = polls(
      start(),
      1,
      ...times(20, seen({ candidate: { user: { requests: 50 }, probe: { requests: 50 } } })),
    );
    expect(probed.epochNumber).toBe(2);
  });

  test("is not over while it convicts", () => {
    const convicting = polls(start(), 1, ...times(17, healthy()), dead, dead, dead);
    expect(convicting.epochNumber).toBe(1);
    expect(charges(convicting)).toContain("errors");
  });

  test("lets 20 % of errors be noticed within 60 requests of 100,000 healthy ones", () => {
    const old = polls(start(), 1, ...times(1000, healthy()));
    const failing = both({ requests: 900 }, { requests: 20, failures: 4 });
    expect(charges(polls(old, 1001, ...times(3, failing)))).toContain("errors");
  });

  test("forgets failing polls of the one before", () => {
    const ending = polls(start(), 1, ...times(18, healthy()), dead, dead);
    expect(ending.epochNumber).toBe(2);
    expect(charges(polls(ending, 21, dead, dead))).toEqual([]);
    expect(charges(polls(ending, 21, dead, dead, dead))).toContain("errors");
  });

  test.each([1000, 5000, 100_000])("is long enough to convict at %i requests a poll", (requests) => {
    const fine = both({ requests }, { requests });
    const broken = both({ requests }, { requests, failures: requests });
    expect(charges(polls(start(), 1, broken, broken, broken))).toContain("errors");
    for (const healthyPolls of [1, 2, 9, 10, 11]) {
      const old = polls(start(), 1, ...times(healthyPolls, fine));
      const polled = Array.from({ length: 6 }, (_, i) => polls(old, 100, ...times(i, broken)));
      expect(polled.some((trial) => charges(trial).includes("errors"))).toBe(true);
    }
  });
});

describe("three polls with failures", () => {
  test.each([1, 2])("are needed: %i convict of nothing, however many failed in them", (failing) => {
    expect(accusations(polls(start(), 1, ...times(failing, dead)))).toEqual([]);
    expect(accusations(polls(start(), 1, dead, healthy(), ...times(failing - 1, dead)))).toEqual([]);
  });

  test("convict, whatever lies between them", () => {
    expect(charges(polls(start(), 1, dead, healthy(), dead, healthy(), dead))).toContain("errors");
  });

  test("are three polls, not users' and probes' failures of one", () => {
    const twice = seen({ candidate: { user: { requests: 50, failures: 50 }, probe: { requests: 50, failures: 50 } } });
    expect(accusations(polls(start(), 1, twice, twice))).toEqual([]);
  });

  test("are counted for each charge: a slow poll is no failing one", () => {
    const slow = both({ requests: 900 }, { requests: 100, slow: 100 });
    expect(charges(polls(start(), 1, dead, dead, slow))).toEqual(["latency"]);
  });
});

describe("the charges", () => {
  test("errors: alone, and compared with stable", () => {
    expect(against(polls(start(), 1, ...times(3, dead)), "errors")).toMatchObject({ alone: true, compared: true });
    const unseen = candidate({ requests: 100, failures: 100 });
    expect(against(polls(start(), 1, ...times(3, unseen)), "errors")).toMatchObject({ alone: true, compared: false });
  });

  test("latency: slow requests and failed ones, over 5 %", () => {
    const slow = (requests: number) => both({ requests: 900 }, { requests: 100, slow: requests });
    expect(against(polls(start(), 1, ...times(10, slow(30))), "latency")).toMatchObject({
      alone: true,
      compared: true,
    });
    expect(accusations(polls(start(), 1, ...times(15, slow(1))))).toEqual([]);
    const half = both({ requests: 900 }, { requests: 100, slow: 15, failures: 15 });
    expect(charges(polls(start(), 1, ...times(3, half)))).toContain("latency");
  });

  test("latency: worse than stable is no charge while it is under half the bound", () => {
    const worse = both({ requests: 9000 }, { requests: 100, slow: 2 });
    expect(charges(polls(start(), 1, ...times(19, worse)))).toEqual([]);
    const much = both({ requests: 9000 }, { requests: 100, slow: 3 });
    expect(against(polls(start(), 1, ...times(19, much)), "latency")).toMatchObject({ alone: false, compared: true });
  });

  test("tool errors: only compared, for a tool may fail for good reasons", () => {
    const failing = both({ requests: 900, toolErrors: 270 }, { requests: 100, toolErrors: 30 });
    expect(accusations(polls(start(), 1, ...times(19, failing)))).toEqual([]);
    const worse = both({ requests: 900 }, { requests: 100, toolErrors: 30 });
    expect(accusations(polls(start(), 1, ...times(3, worse)))).toMatchObject([
      { charge: "tool-errors", alone: false, compared: true },
    ]);
  });

  test("a JSON-RPC error is no charge", () => {
    const refusing = both({ requests: 900 }, { requests: 100, rpcErrors: 100 });
    expect(accusations(polls(start(), 1, ...times(19, refusing)))).toEqual([]);
  });
});

describe("what was counted while the share was moved", () => {
  const carried = dead;
  test("convicts", () => {
    const twice = polls(start(), 1, dead, dead);
    expect(charges(observeTrial(twice, { at: 3000, counts: healthy() }, carried))).toContain("errors");
    expect(charges(observeTrial(twice, { at: 3000, counts: healthy() }))).toEqual([]);
  });

  test("certifies nothing, and is one poll with the one it is carried into", () => {
    const trial = observeTrial(start(), { at: 1000, counts: dead }, carried);
    expect(stepTotal(trial)).toMatchObject({ requests: 100, failures: 100 });
    expect(trial.step.stable.requests).toBe(900);
    expect(trial.epoch.requests).toBe(200);
    expect(accusations(observeTrial(trial, { at: 2000, counts: dead }, carried))).toEqual([]);
  });
});

describe("a certificate", () => {
  test("is of this step's counts alone", () => {
    const first = polls(start(), 1, ...times(4, healthy()));
    expect(certified(first, 0.01)).toBe(true);
    expect(certified(startStep(first, 4000), 0.01)).toBe(false);
  });

  test("is never begun again by an epoch: 0.1 % is certified at 3,263 requests", () => {
    const trial = polls(start(), 1, ...times(32, healthy()));
    expect(certified(trial, 0.001)).toBe(false);
    expect(certified(polls(trial, 33, healthy(63)), 0.001)).toBe(true);
    expect(certified(polls(trial, 33, healthy(62)), 0.001)).toBe(false);
  });

  test("says whose requests it is made of", () => {
    const [users, probes] = [{ user: { requests: 200 } }, { probe: { requests: 200 } }];
    const by = (...windows: Parameters<typeof seen>[0][]) => certifiedBy(polls(start(), 1, ...windows.map(seen)), 0.01);
    expect(by({ candidate: users }, { candidate: users })).toBe("users");
    expect(by({ candidate: users }, { candidate: probes })).toBe("users and probes");
    expect(by({ candidate: probes }, { candidate: probes })).toBe("probes");
  });

  test("what convicts is carried across steps", () => {
    const first = polls(start(), 1, dead, dead);
    expect(charges(polls(startStep(first, 2000), 3, dead))).toContain("errors");
  });
});

describe("stable", () => {
  test("is over the bound lately for ten seconds after its last failure", () => {
    const failed = polls(start(), 1, both({ requests: 900, failures: 1 }, {}));
    expect(stableOverBoundLately(failed)).toBe(true);
    expect(stableOverBoundLately(polls(failed, 2, ...times(9, both({ requests: 10 }, {}))))).toBe(true);
    expect(stableOverBoundLately(polls(failed, 2, ...times(10, both({ requests: 10 }, {}))))).toBe(false);
  });

  test("is not over the bound at the bound", () => {
    expect(stableOverBoundLately(polls(start(), 1, both({ requests: 1000, failures: 1 }, {})))).toBe(false);
    expect(stableOverBoundLately(polls(start(), 1, both({ requests: 999, failures: 1 }, {})))).toBe(true);
    expect(stableOverBoundLately(start())).toBe(false);
  });

  test("is down when nothing went well in the last three polls that asked it", () => {
    const failing = both({ requests: 1, failures: 1 }, {});
    const silent = both({}, {});
    expect(stableDown(start())).toBe(false);
    expect(stableDown(polls(start(), 1, failing, failing))).toBe(false);
    expect(stableDown(polls(start(), 1, failing, failing, failing))).toBe(true);
    expect(stableDown(polls(start(), 1, failing, silent, failing, silent, failing, silent))).toBe(true);
    expect(stableDown(polls(start(), 1, failing, failing, both({ requests: 2, failures: 1 }, {})))).toBe(false);
    expect(stableDown(polls(start(), 1, ...times(5, failing), both({ requests: 1 }, {})))).toBe(false);
  });

  test("is not down for what it did half a minute ago", () => {
    const failed = polls(start(), 1, ...times(3, both({ requests: 1, failures: 1 }, {})));
    expect(stableDown(polls(failed, 40, both({}, {})))).toBe(false);
  });
});

test("no users is half a minute without one; probes count by themselves", () => {
  const used = polls(start(), 1, healthy());
  expect([withoutUsers(used, 30_999), withoutUsers(used, 31_000)]).toEqual([false, true]);
  expect([withoutUsers(startStep(used, 9000), 38_999), withoutUsers(startStep(used, 9000), 39_000)]).toEqual([
    false,
    true,
  ]);
  const probed = polls(used, 2, seen({ candidate: { probe: { requests: 1 } } }), ...times(28, healthy(0)));
  expect([
    withoutProbes(used),
    withoutProbes(probed),
    withoutProbes(polls(probed, 31, ...times(2, healthy(0)))),
  ]).toEqual([true, false, true]);
  expect(withoutUsers(probed, 31_000)).toBe(true);
});

test("the users' rate is that of the last half minute", () => {
  expect(userRate(polls(start(), 1, ...times(30, candidate({ requests: 60 }))))).toBe(60);
  expect(userRate(polls(start(), 1, ...times(30, candidate({ requests: 60 })), ...times(15, healthy(0))))).toBe(30);
});
