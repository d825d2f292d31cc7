import type { ServiceCounts } from "./counts.ts";
import type { Sample } from "./samples.ts";

/**
 * One look at the counts. `since` names the life of the thing that counts (for the edge: when it started);
 * where it changes, the counts have begun again at zero. A source that cannot be read is something seen, not an exception.
 */
export type Observation =
  | { silent: false; since: string; services: Record<string, ServiceCounts> }
  | { silent: true; why: string };

/** Where the counts come from. */
export type MetricsSource = {
  /** Never throws and answers within a second: an unreachable source is `silent` with the reason. */
  poll(): Promise<Observation>;
  /** The newest requests that went wrong, at most `MOST_SAMPLES` of each service and role, oldest first. Never throws: none where there are none to be had. */
  samples(): Promise<Sample[]>;
};
