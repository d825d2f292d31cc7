import { describe, expect, test } from "vitest";
import type { ServiceCounts } from "../../../promotion/counts.ts";
import { accusations, type CandidateEvidence, certificate, inOutage } from "../../../promotion/evidence/candidate.ts";
import { type Indicator, indicators } from "../../../promotion/evidence/test-window.ts";
import { outageBound, usuallyOver, usualRate } from "../../../promotion/evidence/usual.ts";
import { both, healthy, outage, polls, start, times } from "./polls.ts";

const errors = indicators[0] as Indicator;
/** A poll in which one request in `stable`, `candidate` hundred fails on each side. */
const failing = (stable: number, candidate: number) =>
  both({ requests: 900, failures: stable * 9 }, { requests: 100, failures: candidate });
/** Polls as the promotion takes them: an outage is marked where the charges are shared. */
const held = (evidence: CandidateEvidence, from: number, ...windows: ServiceCounts[]) =>
  windows.reduce((now, window, i) => inOutage(polls(now, from + i, window)), evidence);

describe("how stable usually fails", () => {
  const perCent = start();

  test("is known ten seconds late, by evidence", () => {
    const soon = polls(perCent, 1, ...times(10, failing(1, 1)));
    expect(usuallyOver(soon.usual, errors, 0.001)).toBe(false);
    const later = polls(soon, 11, ...times(10, failing(1, 1)));
    expect(usualRate(later.usual, errors)).toBeCloseTo(0.01, 9);
    expect(usuallyOver(later.usual, errors, 0.001)).toBe(true);
    expect(outageBound(later.usual, errors)).toBeCloseTo(0.02, 9);
  });

  test("leaves an outage out, whether it begins at once or later", () => {
    for (const before of [[], times(20, healthy())]) {
      const after = held(
        polls(start(), 1, ...before),
        before.length + 1,
        ...times(20, outage),
        ...times(30, healthy()),
      );
      expect(usualRate(after.usual, errors)).toBe(0);
      expect(outageBound(after.usual, errors)).toBe(0.001);
    }
  });

  test("does not rise with an outage of a few per cent that lasts", () => {
    const after = held(polls(start(), 1, ...times(20, healthy())), 21, ...times(200, failing(5, 5)));
    expect(usualRate(after.usual, errors)).toBe(0);
    expect(accusations(after)).toMatchObject([{ charge: "errors", shared: true }]);
  });
});

describe("a service that usually fails a little", () => {
  const usually = polls(start(), 1, ...times(60, failing(1, 1)));

  test("convicts no candidate that fails alike", () => {
    expect(accusations(usually)).toEqual([]);
  });

  test("convicts one that fails more, by comparison", () => {
    expect(accusations(polls(usually, 61, ...times(30, failing(1, 5))))).toContainEqual(
      expect.objectContaining({ charge: "errors", alone: false, compared: true }),
    );
  });

  test("still has outages: failures of both are then shared", () => {
    expect(accusations(polls(usually, 61, ...times(5, outage)))).toMatchObject([
      { charge: "errors", shared: true },
      { charge: "latency", shared: true },
    ]);
  });

  test("certifies a candidate as no worse by the margin, and never one that is worse by it", () => {
    expect(certificate(polls(start(), 1, ...times(20, failing(1, 1))), 0.001)).toBeNull();
    expect(certificate(polls(usually, 61, ...times(200, failing(1, 1))), 0.001)).toMatchObject({
      claim: "noWorse",
      by: "users",
    });
    const worse = both({ requests: 1800, failures: 18 }, { requests: 200, failures: 3 });
    expect(certificate(polls(start(), 1, ...times(600, worse)), 0.001)).toBeNull();
  });
});

test("a candidate that is provably better than a failing stable is certified so, and its own failures are no charge", () => {
  const fix = both({ requests: 9000, failures: 450 }, { requests: 1000, failures: 2 });
  const evidence = polls(start(), 1, ...times(20, fix));
  expect(certificate(evidence, 0.001)).toMatchObject({ claim: "better", by: "users" });
  expect(accusations(evidence)).toEqual([]);
});

test("a stable that does not fail certifies no candidate by comparison", () => {
  const evidence = polls(start(), 1, ...times(30, both({ requests: 900 }, { requests: 100, failures: 0 })));
  expect(certificate(evidence, 0.001)).toBeNull(); // 3,000 requests do not prove 0.1 %, though they prove the margin many times over
});
