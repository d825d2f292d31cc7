import { describe, expect, test } from "vitest";
import { accusations, type CandidateEvidence, startEvidence } from "../../../promotion/evidence/candidate.ts";
import { exceedanceEValue } from "../../../promotion/evidence/index.ts";
import { alphas, indicators } from "../../../promotion/evidence/test-window.ts";
import { TwoSample } from "../../../promotion/evidence/two-sample.ts";
import { seen } from "../fixtures.ts";
import { against, both, candidate, charges, dead, healthy, polls, start, times } from "./polls.ts";

/** The fewest failures, spread over three polls of a candidate that is alone, that convict it of errors. */
function fewestFailures(evidence: CandidateEvidence, requests: number): number {
  for (let failures = 3; ; failures++) {
    const last = failures - 2;
    const convicted = polls(
      evidence,
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
    "is a quarter of that for errors, less the first testWindow's part, at %i requests",
    (requests) => {
      expect(fewestFailures(start(), requests)).toBe(fewestFor((0.0025 * 6) / Math.PI ** 2, requests));
    },
  );

  test.each([2, 3, 5])("is divided by the %i services of a promotion", (services) => {
    const evidence = startEvidence(0, 1 / services, 0.005);
    expect(fewestFailures(evidence, 1500)).toBe(fewestFor((0.0025 * 6) / Math.PI ** 2 / services, 1500));
  });

  test.each([2, 3, 10])("shrinks with the square of the test window's number, here %i", (testWindow) => {
    const evidence = polls(start(), 1, ...times((testWindow - 1) * 20, candidate({ requests: 100 })));
    expect(evidence.testWindowNumber).toBe(testWindow);
    expect(fewestFailures(evidence, 1500)).toBe(fewestFor((0.0025 * 6) / (Math.PI * testWindow) ** 2, 1500));
  });
});

describe("a test window", () => {
  test("ends at exactly 2,000 requests of the candidate", () => {
    const before = polls(start(), 1, ...times(19, candidate({ requests: 100 })), candidate({ requests: 99 }));
    expect([before.testWindowNumber, before.testWindow.views[""]?.requests]).toEqual([1, 1999]);
    const after = polls(before, 21, candidate({ requests: 1 }));
    expect([after.testWindowNumber, after.testWindow.views[""]?.requests]).toEqual([2, 0]);
  });

  test("counts users and probes alike", () => {
    const probed = polls(
      start(),
      1,
      ...times(20, seen({ candidate: { user: { requests: 50 }, probe: { requests: 50 } } })),
    );
    expect(probed.testWindowNumber).toBe(2);
  });

  test("does not end while it convicts", () => {
    const convicting = polls(start(), 1, ...times(17, healthy()), dead, dead, dead);
    expect(convicting.testWindowNumber).toBe(1);
    expect(charges(convicting)).toContain("errors");
  });

  test("lets 20 % of errors be noticed within 60 requests of 100,000 healthy ones", () => {
    const old = polls(start(), 1, ...times(1000, healthy()));
    const failing = both({ requests: 900 }, { requests: 20, failures: 4 });
    expect(charges(polls(old, 1001, ...times(3, failing)))).toContain("errors");
  });

  test("forgets failing polls of the one before", () => {
    const ending = polls(start(), 1, ...times(18, healthy()), dead, dead);
    expect(ending.testWindowNumber).toBe(2);
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
      expect(polled.some((evidence) => charges(evidence).includes("errors"))).toBe(true);
    }
  });
});

describe("three polls with failures", () => {
  test.each([1, 2])("are needed: %i convict of nothing, however many failed in them", (failing) => {
    expect(accusations(polls(start(), 1, ...times(failing, dead)))).toEqual([]);
    expect(accusations(polls(start(), 1, dead, healthy(), ...times(failing - 1, dead)))).toEqual([]);
  });

  test("convict, whatever happens between them", () => {
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

describe("the comparison with stable", () => {
  const probes = (failures: number) => ({ probe: { requests: 20, failures } });

  test("compares probes with probes: failing probes convict, however well the users fare", () => {
    const failing = seen({
      stable: { user: { requests: 900 }, ...probes(0) },
      candidate: { user: { requests: 100 }, ...probes(20) },
    });
    expect(against(polls(start(), 1, ...times(3, failing)), "errors")).toMatchObject({ compared: true });
  });

  test("is the mean of the users' evidence and the probes', against a quarter of the error probability", () => {
    let near = 0;
    for (const requests of [20, 50, 100, 300]) {
      for (let failures = 3; failures < 15; failures++) {
        const windows = [1, 1, failures - 2].map((part) =>
          both({ requests: 9 * requests }, { requests, failures: part }),
        );
        const users = new TwoSample();
        for (const { stable, candidate } of windows) users.observe({ stable: stable.user, candidate: candidate.user });
        const needed = Math.PI ** 2 / 6 / 0.0025;
        const convicts = (users.eValue + 1) / 2 >= needed;
        expect(against(polls(start(), 1, ...windows), "errors")?.compared ?? false).toBe(convicts);
        if (!convicts && users.eValue >= needed) near++;
      }
    }
    expect(near).toBeGreaterThan(0); // some had enough of the users' evidence alone
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

  test("refusals: only compared, at any traffic; refusals that stable shares do not convict", () => {
    const alike = both({ requests: 900, refused: 270 }, { requests: 100, refused: 30 });
    expect(accusations(polls(start(), 1, ...times(19, alike)))).toEqual([]);
    const both403 = both({ requests: 900, refused: 900 }, { requests: 100, refused: 100 });
    expect(accusations(polls(start(), 1, ...times(19, both403)))).toEqual([]);
    const refusing = (requests: number) => both({ requests: 9 * requests }, { requests, refused: requests });
    for (const requests of [1, 10, 1000])
      expect(accusations(polls(start(), 1, ...times(3, refusing(requests))))).toMatchObject([
        { charge: "refusals", alone: false, compared: true },
      ]);
  });
});
