import {
  addRevisions,
  type Counts,
  type RevisionCounts,
  type ServiceCounts,
  subtractCounts,
  subtractRevisions,
} from "./counts.ts";
import type { Observation } from "./metrics-source.ts";

/** An observation from a source that answered. */
export type Seen = Extract<Observation, { silent: false }>;

/** The counts between two observations; after a restart of the counters, all of them are new. */
export function windowsSince(before: Seen | null, now: Seen): Record<string, ServiceCounts> {
  if (!before) return {};
  return Object.fromEntries(
    Object.entries(now.services).map(([service, counts]) => {
      const past = before.since === now.since ? before.services[service] : undefined;
      return [service, past && grown(past, counts) ? subtractService(counts, past) : counts];
    }),
  );
}

/** Why the counts between two observations are impossible, or null: a source that contradicts itself proves nothing. */
export function contradiction(before: Seen | null, now: Seen): string | null {
  for (const [service, counts] of Object.entries(windowsSince(before, now))) {
    for (const role of ["stable", "candidate"] as const) {
      for (const [whose, some] of parts(counts[role])) {
        const why = impossible(some);
        if (why) return `${service}, ${role}, ${whose}: ${why}`;
      }
    }
  }
  return null;
}

/** A revision's counts that must each be possible; then every sum over some of its clients is, too. */
function parts({ user, probe, clients }: RevisionCounts): [whose: string, counts: Counts][] {
  const known = Object.entries(clients ?? {});
  const rest = known.reduce((left, [, some]) => subtractCounts(left, some), user);
  return [
    ["users", user],
    ["probes", probe],
    ...known.map(([client, some]): [string, Counts] => [`client ${client}`, some]),
    ["clients together", rest],
  ];
}

function impossible(counts: Counts): string | null {
  const { requests, failures, slow, refused, toolErrors, unread } = counts;
  if (Object.values(counts).some((count) => !Number.isInteger(count) || count < 0))
    return `counts that are negative or not whole: ${JSON.stringify(counts)}`;
  const most = failures + refused + Math.max(slow, toolErrors, unread);
  return most <= requests
    ? null
    : `${requests} requests, but ${failures} failed, ${refused} refused, ${slow} slow, ${toolErrors} tool errors, ${unread} unread`;
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
