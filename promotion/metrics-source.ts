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

/** The same source, silent with the reason where its counts contradict themselves: nothing can be concluded from such. */
export const consistent = (source: MetricsSource): MetricsSource => ({
  async poll() {
    const seen = await source.poll();
    const why = seen.silent ? undefined : contradiction(seen.services);
    return why === undefined ? seen : { silent: true, why };
  },
  samples: () => source.samples(),
});

function contradiction(services: Record<string, ServiceCounts>): string | undefined {
  for (const [service, sides] of Object.entries(services)) {
    for (const role of ["stable", "candidate"] as const) {
      for (const caller of ["user", "probe"] as const) {
        const { requests, failures, slow, refused, toolErrors, unread } = sides[role][caller];
        const unserved = failures + refused;
        const parts = [failures, slow, refused, toolErrors, unread];
        if (parts.every((part) => part >= 0) && unserved + Math.max(slow, toolErrors + unread) <= requests) continue;
        return (
          `the counts of ${service} contradict themselves: ${requests} requests of ${caller}s to its ${role}, ` +
          `${failures} failed, ${refused} refused, ${slow} slow, ${toolErrors} tool errors, ${unread} unread`
        );
      }
    }
  }
  return undefined;
}
