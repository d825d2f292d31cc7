import { LATENCY_BOUNDS_MS } from "../ecosystem/latency.ts";
import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Seen } from "../promotion/windows.ts";

/** Requests per latency bucket: `LATENCY_BOUNDS_MS`, and one overflow bucket. */
export type Histogram = readonly number[];

/** Fewer requests than this are not enough for a 95th percentile. */
const ENOUGH = 20;

/** Users' requests to one revision between two observations, all services together; null if the source has no latency. */
export function latencySince(before: Seen, now: Seen, role: RevisionRole): Histogram | null {
  const windows = Object.entries(now.services).flatMap(([service, counts]): Histogram[] => {
    const latency = counts[role].latency;
    const past = before.since === now.since ? before.services[service]?.[role].latency : undefined;
    return latency ? [past ? minus(latency, past) : latency] : [];
  });
  return windows.length > 0 ? windows.reduce(plus) : null;
}

/** The sum of the histograms of the last `ms` milliseconds. */
export class SlidingHistogram {
  #ms: number;
  #windows: { at: number; histogram: Histogram }[] = [];

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Adds the newest, drops the expired ones, and returns the sum; null if there is nothing to add. */
  add(at: number, histogram: Histogram | null): Histogram | null {
    if (!histogram) return null;
    this.#windows = [...this.#windows.filter((old) => at - old.at < this.#ms), { at, histogram }];
    return this.#windows.map(({ histogram }) => histogram).reduce(plus);
  }
}

/** The `q` quantile (a fraction) in milliseconds, interpolated within its bucket; null for fewer than 20 requests. */
export function quantileMs(histogram: Histogram, q: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total < ENOUGH) return null;
  let left = q * total;
  const bucket = histogram.findIndex((count) => {
    if (count > 0 && left <= count) return true;
    left -= count;
    return false;
  });
  const lower = LATENCY_BOUNDS_MS[bucket - 1] ?? 0;
  const upper = LATENCY_BOUNDS_MS[bucket] ?? LATENCY_BOUNDS_MS[LATENCY_BOUNDS_MS.length - 1] ?? lower;
  return lower + (upper - lower) * (left / (histogram[bucket] as number));
}

const plus = (a: Histogram, b: Histogram): Histogram => a.map((count, i) => count + (b[i] ?? 0));

/** If a count has shrunk, the counter was reset and all of it is new. */
const minus = (now: Histogram, past: Histogram): Histogram =>
  now.some((count, i) => count < (past[i] ?? 0)) ? now : now.map((count, i) => count - (past[i] ?? 0));
