import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Split } from "../../../edge/declared-split.ts";
import type { LastPromotion } from "../../../promotion/guard/history.ts";
import { type DeclaredRevisions, movedTraffic, refusal } from "../../../promotion/guard/refusal.ts";
import type { TrafficState } from "../../../promotion/traffic-state.ts";

const next = (stable: string, candidate?: string): DeclaredRevisions => ({
  akosha: { stable, ...(candidate && { candidate }) },
});
const trafficState = (declared: Split, live: Split): TrafficState => ({
  declared: { akosha: declared },
  live: { akosha: live },
});
const promotion = (result: LastPromotion["result"]): LastPromotion => ({
  id: "p7",
  result,
  revisions: [{ service: "akosha", stable: "a", candidate: "b" }],
});
const on = (id: string): Split => ({ [id]: 100 });

const cases: [string, DeclaredRevisions, TrafficState | null, LastPromotion | null, RegExp | null][] = [
  ["a first deployment", next("a"), null, null, null],
  ["the same again", next("a"), trafficState(on("a"), on("a")), null, null],
  ["a new candidate", next("a", "b"), trafficState(on("a"), on("a")), null, null],
  ["another stable without a promotion", next("c"), trafficState(on("a"), on("a")), null, null],
  ["a settled promotion", next("b"), trafficState(on("a"), on("b")), promotion("promoted"), null],
  [
    "the old stable again, long after a settled promotion",
    next("a"),
    trafficState(on("b"), on("b")),
    promotion("promoted"),
    null,
  ],
  [
    "the old stable again, after it had come back by the settings",
    next("a"),
    trafficState(on("a"), on("a")),
    promotion("promoted"),
    null,
  ],
  ["a second try after a first deployment that failed", next("a"), trafficState(on("a"), {}), null, null],
  [
    "a candidate that was rolled back and stays named",
    next("a", "b"),
    trafficState(on("a"), on("a")),
    promotion("rolled-back"),
    null,
  ],
  [
    "a newer candidate after a rollback",
    next("a", "c"),
    trafficState(on("a"), on("a")),
    promotion("rolled-back"),
    null,
  ],
  [
    "an unfinished promotion",
    next("a", "b"),
    trafficState(on("a"), { a: 75, b: 25 }),
    promotion("open"),
    /^promotion p7 of prod is still running.*npx maha resume.*npx maha rollback --stack prod/,
  ],
  [
    "a newer candidate during a promotion",
    next("a", "c"),
    trafficState(on("a"), { a: 75, b: 25 }),
    promotion("open"),
    /still running/,
  ],
  [
    "a promotion that is not settled",
    next("a", "b"),
    trafficState(on("a"), on("b")),
    promotion("promoted"),
    /^promotion p7 moved all traffic of akosha to b.*Run npx maha settle --stack prod, commit/,
  ],
  [
    "traffic that was moved",
    next("a", "b"),
    trafficState(on("a"), { a: 90, b: 10 }),
    null,
    /the live traffic split of akosha is a 90 %, b 10 %, which is neither the last declared one \(a 100 %\) nor the one this deployment declares \(a 100 %\)/,
  ],
  [
    "a third revision after an unsettled promotion",
    next("c"),
    trafficState(on("a"), on("b")),
    promotion("promoted"),
    /is b 100 %.*last declared one \(a 100 %\).*declares \(c 100 %\)/,
  ],
  [
    "traffic of a service that is to go",
    {},
    trafficState(on("a"), { b: 100 }),
    null,
    /is b 100 %.*declares \(no revision\)/,
  ],
];

describe("reasons to refuse a deployment", () => {
  test.each(cases)("%s", (_, declared, where, last, reason) => {
    const said = refusal({ stack: "prod", next: declared, trafficState: where, last });
    if (reason === null) expect(said).toBeNull();
    else expect(said).toMatch(reason);
  });

  test("in the middle of a deployment, which has moved one of two services already, nothing does", () => {
    // back to the old stable by the settings, long after the promotion of b and d was settled
    const declared: DeclaredRevisions = {
      akosha: { stable: "a", candidate: "b" },
      mahavishnu: { stable: "c", candidate: "d" },
    };
    const half = { akosha: on("a"), mahavishnu: on("d") };
    expect(movedTraffic(declared, { declared: half, live: half })).toBeNull();
    const moved = { ...half, mahavishnu: { c: 50, d: 50 } };
    expect(movedTraffic(declared, { declared: half, live: moved })).toMatch(/the live traffic split of mahavishnu is/);
  });

  test("a stable without a candidate behind a newer revision, which would get the traffic", () => {
    const where = { ...trafficState(on("a"), on("a")), overtaken: { akosha: "b" } };
    const said = (declared: DeclaredRevisions) =>
      refusal({ stack: "prod", next: declared, trafficState: where, last: null });
    expect(said(next("a"))).toMatch(/the newest revision of akosha is b, but this deployment names only a/);
    expect(said(next("a", "b"))).toBeNull();
  });

  test("is never null while live traffic is at neither position", () => {
    const split = fc.integer({ min: 1, max: 99 }).map((percent): Split => ({ a: 100 - percent, b: percent }));
    fc.assert(
      fc.property(split, fc.constantFrom("a", "b", "c"), (live, stable) => {
        expect(
          refusal({ stack: "prod", next: next(stable), trafficState: trafficState(on("a"), live), last: null }),
        ).not.toBeNull();
      }),
    );
  });
});
