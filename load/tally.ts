/** One failure as a user met it: when (milliseconds since the epoch), where, who answered if anybody did, and what came back. */
export type Failure = { at: number; service: string; revision: string | null; injected: boolean; what: string };

/**
 * What the users of a rehearsal met. Numbers only grow.
 *
 * `requests` are POSTs that have ended, `failures` those of them that got no good answer. `sessions` are sessions that
 * were opened; `movedSessions` counts answers within an open session that another revision than its own gave;
 * `lostSessions` are open sessions that ended before their time: by a failed call, or by a 404 that told the client to
 * begin again; `endedByDrain` are those that got that 404 from the stable revision, which says it only when it retires.
 * `failuresLog` holds the first failures, at most `FAILURES_KEPT`.
 */
export type Tally = {
  requests: number;
  failures: number;
  sessions: number;
  movedSessions: number;
  lostSessions: number;
  endedByDrain: number;
  byRevision: Record<string, { requests: number; failures: number }>;
  failuresLog: Failure[];
};

const FAILURES_KEPT = 1000;

/** The tally before anything has happened. */
export const emptyTally = (): Tally => ({
  requests: 0,
  failures: 0,
  sessions: 0,
  movedSessions: 0,
  lostSessions: 0,
  endedByDrain: 0,
  byRevision: {},
  failuresLog: [],
});

/** Counts a request that has ended; `revision` is null where nobody can say which one it reached. */
export function countRequest(tally: Tally, revision: string | null): void {
  tally.requests += 1;
  if (revision !== null) of(tally, revision).requests += 1;
}

/** Counts the failure of a request that is counted already. */
export function countFailure(tally: Tally, failure: Failure): void {
  tally.failures += 1;
  if (failure.revision !== null) of(tally, failure.revision).failures += 1;
  if (tally.failuresLog.length < FAILURES_KEPT) tally.failuresLog.push(failure);
}

function of(tally: Tally, revision: string) {
  tally.byRevision[revision] ??= { requests: 0, failures: 0 };
  return tally.byRevision[revision];
}
