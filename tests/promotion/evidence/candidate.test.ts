import { describe, expect, test } from "vitest";
import {
  accusations,
  certificate,
  observeEvidence,
  stableDown,
  startStep,
  userRate,
  withoutProbes,
  withoutUsers,
} from "../../../promotion/evidence/candidate.ts";
import { total } from "../../../promotion/evidence/test-window.ts";
import { seen } from "../fixtures.ts";
import { both, candidate, charges, dead, healthy, polls, start, times } from "./polls.ts";

describe("counts from while the share was changing", () => {
  const carried = dead;
  test("counts towards a conviction", () => {
    const twice = polls(start(), 1, dead, dead);
    expect(charges(observeEvidence(twice, { at: 3000, counts: healthy() }, carried))).toContain("errors");
    expect(charges(observeEvidence(twice, { at: 3000, counts: healthy() }))).toEqual([]);
  });

  test("certifies nothing, and is one poll with the one it is carried into", () => {
    const evidence = observeEvidence(start(), { at: 1000, counts: dead }, carried);
    expect(total(evidence.step.candidate)).toMatchObject({ requests: 100, failures: 100 });
    expect(evidence.step.stable.user.requests).toBe(900);
    expect(evidence.testWindow.views[""]?.requests).toBe(200);
    expect(accusations(observeEvidence(evidence, { at: 2000, counts: dead }, carried))).toEqual([]);
  });
});

describe("a certificate", () => {
  test("uses only this step's counts", () => {
    const first = polls(start(), 1, ...times(4, healthy()));
    expect(certificate(first, 0.01)).toMatchObject({ claim: "below" });
    expect(certificate(startStep(first, 4000), 0.01)).toBeNull();
  });

  test("is not restarted by a new test window: 0.1 % is certified at 3,263 requests", () => {
    const evidence = polls(start(), 1, ...times(32, healthy()));
    expect(certificate(evidence, 0.001)).toBeNull();
    expect(certificate(polls(evidence, 33, healthy(63)), 0.001)).toMatchObject({ claim: "below" });
    expect(certificate(polls(evidence, 33, healthy(62)), 0.001)).toBeNull();
  });

  test("states whose requests it uses, and needs at least one of a user", () => {
    const [users, probes] = [{ user: { requests: 200 } }, { probe: { requests: 200 } }];
    const by = (...windows: Parameters<typeof seen>[0][]) =>
      certificate(polls(start(), 1, ...windows.map(seen)), 0.01)?.by;
    expect(by({ candidate: users }, { candidate: users })).toBe("users");
    expect(by({ candidate: users }, { candidate: probes })).toBe("users and probes");
    expect(by({ candidate: probes }, { candidate: probes })).toBeUndefined();
  });

  test("counts only served requests: refusals prove nothing, and dilute no failure", () => {
    const refusing = candidate({ requests: 100, refused: 100 });
    expect(certificate(polls(start(), 1, ...times(100, refusing)), 0.01)).toBeNull();
    const half = candidate({ requests: 200, refused: 100 });
    expect(certificate(polls(start(), 1, ...times(3, half)), 0.01)).toBeNull();
    expect(certificate(polls(start(), 1, ...times(4, half)), 0.01)).toMatchObject({ claim: "below" });
  });

  test("evidence towards a conviction carries over to the next step", () => {
    const first = polls(start(), 1, dead, dead);
    expect(charges(polls(startStep(first, 2000), 3, dead))).toContain("errors");
  });
});

describe("stable", () => {
  test("is down when nothing succeeded in its last three polls with requests", () => {
    const failing = both({ requests: 1, failures: 1 }, {});
    const silent = both({}, {});
    expect(stableDown(start())).toBe(false);
    expect(stableDown(polls(start(), 1, failing, failing))).toBe(false);
    expect(stableDown(polls(start(), 1, failing, failing, failing))).toBe(true);
    expect(stableDown(polls(start(), 1, failing, silent, failing, silent, failing, silent))).toBe(true);
    expect(stableDown(polls(start(), 1, failing, failing, both({ requests: 2, failures: 1 }, {})))).toBe(false);
    expect(stableDown(polls(start(), 1, ...times(5, failing), both({ requests: 1 }, {})))).toBe(false);
  });

  test("is not down because of failures half a minute ago", () => {
    const failed = polls(start(), 1, ...times(3, both({ requests: 1, failures: 1 }, {})));
    expect(stableDown(polls(failed, 40, both({}, {})))).toBe(false);
  });
});

test("no users means half a minute without one; probes are counted separately", () => {
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
