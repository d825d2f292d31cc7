import type { RevisionRole } from "../ecosystem/revision-role.ts";

/**
 * Requests of one revision from one kind of client. All numbers only grow during the life of the counter.
 * `requests` are all that a server answered or should have answered: good, slow, failed or refused; neutral outcomes are excluded.
 * `failures`, `slow` (served, but took `SLOW_MS` or longer) and `refused` (a 3xx or 4xx sent by a server, a live session that it forgot,
 * a JSON-RPC error) are disjoint. `toolErrors` (a result with `isError`) are part of what was served, as are `unread`: answers whose
 * content could not be examined.
 */
export type Counts = {
  requests: number;
  failures: number;
  slow: number;
  refused: number;
  toolErrors: number;
  unread: number;
};

/**
 * The counts of one revision, by sender. `latency` is the users' histogram over `LATENCY_BOUNDS_MS` (one more entry
 * than bounds, not cumulative). `clients` divides the users' counts into buckets by a hash of the client's key; they add up to `user`.
 * `kinds` counts the users' bad outcomes by kind, such as "403 from the server"; the set of kinds is bounded.
 */
export type RevisionCounts = {
  user: Counts;
  probe: Counts;
  latency?: number[];
  clients?: Record<string, Counts>;
  kinds?: Record<string, number>;
};

/** The counts of both revisions of one service. */
export type ServiceCounts = Record<RevisionRole, RevisionCounts>;

/** No requests. */
export const noCounts: Counts = { requests: 0, failures: 0, slow: 0, refused: 0, toolErrors: 0, unread: 0 };

/** Adds two counts, number by number. */
export const addCounts = (a: Counts, b: Counts): Counts => ({
  requests: a.requests + b.requests,
  failures: a.failures + b.failures,
  slow: a.slow + b.slow,
  refused: a.refused + b.refused,
  toolErrors: a.toolErrors + b.toolErrors,
  unread: a.unread + b.unread,
});

/** The difference of two counts: everything counted after `before` and up to `now`. */
export const subtractCounts = (now: Counts, before: Counts): Counts => ({
  requests: now.requests - before.requests,
  failures: now.failures - before.failures,
  slow: now.slow - before.slow,
  refused: now.refused - before.refused,
  toolErrors: now.toolErrors - before.toolErrors,
  unread: now.unread - before.unread,
});

/** Adds two revisions' counts, with their clients and kinds; without latencies, which are never summed. */
export const addRevisions = (a: RevisionCounts, b: RevisionCounts): RevisionCounts =>
  combine(a, b, addCounts, (x, y) => x + y);

/** A revision's counts after `before` and up to `now`, with its clients and kinds but without latencies. */
export const subtractRevisions = (now: RevisionCounts, before: RevisionCounts): RevisionCounts =>
  combine(now, before, subtractCounts, (x, y) => x - y);

function combine(
  a: RevisionCounts,
  b: RevisionCounts,
  counts: (a: Counts, b: Counts) => Counts,
  numbers: (a: number, b: number) => number,
): RevisionCounts {
  const clients = merge(a.clients, b.clients, noCounts, counts);
  const kinds = merge(a.kinds, b.kinds, 0, numbers);
  return {
    user: counts(a.user, b.user),
    probe: counts(a.probe, b.probe),
    ...(clients && { clients }),
    ...(kinds && { kinds }),
  };
}

/** Joins two records key by key; undefined when neither source keeps such a record. */
function merge<T>(
  a: Record<string, T> | undefined,
  b: Record<string, T> | undefined,
  none: T,
  join: (a: T, b: T) => T,
): Record<string, T> | undefined {
  if (!a && !b) return undefined;
  const keys = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return Object.fromEntries([...keys].map((key) => [key, join(a?.[key] ?? none, b?.[key] ?? none)]));
}
