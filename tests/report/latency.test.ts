import { expect, test } from "vitest";
import { LATENCY_BOUNDS_MS } from "../../ecosystem/latency.ts";
import { noCounts } from "../../promotion/counts.ts";
import type { Seen } from "../../promotion/windows.ts";
import { latencySince, quantileMs, SlidingHistogram } from "../../report/latency.ts";

/** A histogram with these counts in the buckets that end at these milliseconds; "more" is the last one. */
const histogram = (counts: Record<number | "more", number> | Record<number, number>): number[] =>
  [...LATENCY_BOUNDS_MS, "more" as const].map((bound) => (counts as Record<string, number>)[bound] ?? 0);

const seen = (since: string, services: Record<string, number[] | undefined>): Seen => ({
  silent: false,
  since,
  services: Object.fromEntries(
    Object.entries(services).map(([service, latency]) => {
      const counts = { user: noCounts, probe: noCounts, ...(latency && { latency }) };
      return [service, { stable: counts, candidate: counts }];
    }),
  ),
});

test("a quantile is interpolated within its bucket", () => {
  expect(quantileMs(histogram({ 100: 100 }), 0.5)).toBe(75); // half way from 50 to 100
  expect(quantileMs(histogram({ 5: 50, 1000: 50 }), 0.95)).toBe(950);
  expect(quantileMs(histogram({ 5: 100 }), 0.5)).toBe(2.5);
});

test("requests slower than the last bound are shown at it, since their exact time is unknown", () => {
  expect(quantileMs(histogram({ more: 100 }), 0.5)).toBe(60_000);
});

test("under twenty requests have no quantile", () => {
  expect(quantileMs(histogram({ 10: 19 }), 0.5)).toBeNull();
  expect(quantileMs(histogram({ 10: 20 }), 0.5)).not.toBeNull();
});

test("a window has the counts since the last poll, of all services together", () => {
  const before = seen("1", { a: histogram({ 5: 10 }), b: histogram({ 10: 1 }) });
  const now = seen("1", { a: histogram({ 5: 13 }), b: histogram({ 10: 3 }) });
  expect(latencySince(before, now, "stable")).toEqual(histogram({ 5: 3, 10: 2 }));
});

test("where counting began again, everything counted is new", () => {
  const before = seen("1", { a: histogram({ 5: 10 }) });
  expect(latencySince(before, seen("2", { a: histogram({ 5: 12 }) }), "stable")).toEqual(histogram({ 5: 12 }));
  expect(latencySince(before, seen("1", { a: histogram({ 5: 4 }) }), "stable")).toEqual(histogram({ 5: 4 }));
});

test("a source without latencies has none", () => {
  expect(latencySince(seen("1", { a: undefined }), seen("1", { a: undefined }), "candidate")).toBeNull();
});

test("a sliding sum forgets what is older than its window", () => {
  const sliding = new SlidingHistogram(10_000);
  sliding.add(0, histogram({ 5: 1 }));
  expect(sliding.add(9999, histogram({ 10: 1 }))).toEqual(histogram({ 5: 1, 10: 1 }));
  expect(sliding.add(10_000, histogram({ 25: 1 }))).toEqual(histogram({ 10: 1, 25: 1 }));
});
