import type { ServiceCounts } from "./counts.ts";
import type { Sample } from "./samples.ts";

/**
 * One reading of the counts. `since` identifies the run of the counting process (for the edge: its start time); when it changes,
 * the counts have restarted at zero. A source that cannot be read is an observation, not an exception.
 */
export type Observation =
  | { silent: false; since: string; services: Record<string, ServiceCounts> }
  | { silent: true; why: string };

/** The source of the counts. */
export type MetricsSource = {
  /** Never throws, and returns within a second: an unreachable source is `silent`, with the reason. */
  poll(): Promise<Observation>;
  /** The newest failed requests, at most `MOST_SAMPLES` per service and role, oldest first. Never throws: empty when unavailable. */
  samples(): Promise<Sample[]>;
};
