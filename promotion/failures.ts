import { addRevisions, noCounts, type RevisionCounts, type ServiceCounts } from "./counts.ts";
import type { Event } from "./events.ts";
import type { Observation } from "./metrics-source.ts";
import type { Sample } from "./samples.ts";
import { type Seen, windowsSince } from "./windows.ts";

/** Everything that a promotion's observations counted of each revision, all services together, also where counting began again. */
export function totalsOf(observations: readonly Observation[]): ServiceCounts {
  const seen = observations.filter((one): one is Seen => !one.silent);
  const nothing: RevisionCounts = { user: noCounts, probe: noCounts };
  const totals: ServiceCounts = { stable: nothing, candidate: nothing };
  seen.forEach((now, i) => {
    for (const { stable, candidate } of Object.values(windowsSince(seen[i - 1] ?? null, now))) {
      totals.stable = addRevisions(totals.stable, stable);
      totals.candidate = addRevisions(totals.candidate, candidate);
    }
  });
  return totals;
}

/** What the source was seen to say at each event that looked at it. */
export const observationsOf = (events: readonly Event[]): Observation[] =>
  events.flatMap((event) =>
    event.event === "judged" ? [event.seen] : event.event === "in-force" ? [event.baseline] : [],
  );

/** The candidate's bad outcomes by kind and the samples, each of the last verdict that had any. */
export function whatFailed(events: readonly Event[]): { kinds: Record<string, number>; samples: Sample[] } {
  const verdicts = events.filter((event) => event.event === "judged");
  return {
    kinds: verdicts.findLast(({ verdict }) => verdict.kinds)?.verdict.kinds ?? {},
    samples: verdicts.findLast(({ samples }) => samples)?.samples ?? [],
  };
}
