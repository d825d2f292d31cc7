import type { RevisionRole } from "../ecosystem/revision-role.ts";

/**
 * Requests of one revision from one kind of client. All numbers only grow while the thing that counts lives.
 * `slow` counts requests that took `SLOW_MS` or more and did not fail, so no request is in both `slow` and `failures`.
 * `toolErrors` are good HTTP answers whose result says `isError`; `rpcErrors` are good HTTP answers with a JSON-RPC error.
 */
export type Counts = {
  requests: number;
  failures: number;
  slow: number;
  toolErrors: number;
  rpcErrors: number;
};

/** The counts of one revision, by who sent the requests; `latency` is the users' histogram over `LATENCY_BOUNDS_MS` (one more entry than bounds, not cumulative). */
export type RevisionCounts = { user: Counts; probe: Counts; latency?: number[] };

/** The counts of the two sides of one service. */
export type ServiceCounts = Record<RevisionRole, RevisionCounts>;

/** No request at all. */
export const noCounts: Counts = { requests: 0, failures: 0, slow: 0, toolErrors: 0, rpcErrors: 0 };

/** Adds two counts, number by number. */
export const addCounts = (a: Counts, b: Counts): Counts => ({
  requests: a.requests + b.requests,
  failures: a.failures + b.failures,
  slow: a.slow + b.slow,
  toolErrors: a.toolErrors + b.toolErrors,
  rpcErrors: a.rpcErrors + b.rpcErrors,
});

/** What was counted after `before` and up to `now`. */
export const subtractCounts = (now: Counts, before: Counts): Counts => ({
  requests: now.requests - before.requests,
  failures: now.failures - before.failures,
  slow: now.slow - before.slow,
  toolErrors: now.toolErrors - before.toolErrors,
  rpcErrors: now.rpcErrors - before.rpcErrors,
});
