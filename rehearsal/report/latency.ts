import { LATENCY_BOUNDS_MS, type Role } from "../../promotion/counts.ts";
import type { Seen } from "../../promotion/windows.ts";

/** Requests by latency bucket, over `LATENCY_BOUNDS_MS` and one bucket more. */
export type Histogram = readonly number[];

/** Fewer requests than this say nothing of a 95th percentile. */
const ENOUGH = 20;

/** The users' requests of one revision, all services together, between two observations; null where the source counts no latency. */
export function latencySince(before: Seen, now: Seen, role: Role): Histogram | null {
  const windows = Object.entries(now.services).flatMap(([service, counts]) => {
    const latency = counts[role].latency;
    if (!latency) return [];
    const past = before.since === now.since ? before.services[service]?.[role].latency : undefined;
    const grown = past?.every((count, i) => count <= (latency[i] ?? 0));
    return [grown ? latency.map((count, i) => count - (past?.[i] ?? 0)) : latency];
  });
  return windows.length > 0 ? windows.reduce(add) : null;
}

/** A sum over the windows of the last `ms` milliseconds: takes the newest in, lets the old ones go. */
export function slidingSum(ms: number): (at: number, window: Histogram | null) => Histogram {
  let kept: { at: number; window: Histogram }[] = [];
  return (at, window) => {
    kept = kept.filter((old) => at - old.at < ms);
    if (window) kept.push({ at, window });
    return kept.map(({ window }) => window).reduce(add, []);
  };
}

/** The latency in milliseconds under which the part `q` (a fraction) of the requests stayed, even inside its bucket; null for under 20 requests. */
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

function add(a: Histogram, b: Histogram): Histogram {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((count, i) => count + (shorter[i] ?? 0));
}
