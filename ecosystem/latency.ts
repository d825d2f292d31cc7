import { objectives } from "./objectives.ts";
import type { Milliseconds } from "./units.ts";

/** The latency bound of the service objective, in milliseconds: a request that takes this long or longer is slow. */
export const SLOW_MS: Milliseconds = objectives.p95Ms;

/** Upper bounds, in milliseconds, of the latency buckets; one of them is exactly SLOW_MS. A last bucket holds the rest. */
export const LATENCY_BOUNDS_MS = [
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  SLOW_MS,
  2000,
  5000,
  10000,
  30000,
  60000,
] as const satisfies readonly Milliseconds[];
