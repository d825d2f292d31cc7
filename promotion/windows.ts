import { addRevisions, type ServiceCounts, subtractRevisions } from "./counts.ts";
import type { Observation } from "./metrics-source.ts";

/** An observation of a source that answered. */
export type Seen = Extract<Observation, { silent: false }>;

/** What was counted between two observations; where counting began again in between, all of it is new. */
export function windowsSince(before: Seen | null, now: Seen): Record<string, ServiceCounts> {
  if (!before) return {};
  return Object.fromEntries(
    Object.entries(now.services).map(([service, counts]) => {
      const past = before.since === now.since ? before.services[service] : undefined;
      return [service, past && grown(past, counts) ? subtractService(counts, past) : counts];
    }),
  );
}

const grown = (before: ServiceCounts, now: ServiceCounts): boolean =>
  (["stable", "candidate"] as const).every((role) =>
    (["user", "probe"] as const).every((source) => now[role][source].requests >= before[role][source].requests),
  );

const subtractService = (now: ServiceCounts, before: ServiceCounts): ServiceCounts => ({
  stable: subtractRevisions(now.stable, before.stable),
  candidate: subtractRevisions(now.candidate, before.candidate),
});

/** Adds two observations' windows, service by service. */
export function addWindows(
  a: Record<string, ServiceCounts>,
  b: Record<string, ServiceCounts>,
): Record<string, ServiceCounts> {
  const services = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...services].map((service) => [service, addService(a[service], b[service])]));
}

function addService(a: ServiceCounts | undefined, b: ServiceCounts | undefined): ServiceCounts {
  if (!a || !b) return (a ?? b) as ServiceCounts;
  return { stable: addRevisions(a.stable, b.stable), candidate: addRevisions(a.candidate, b.candidate) };
}
