/** One failure as a user saw it: when (milliseconds since the epoch), the service, the revision that answered, if any, and the error. */
export type Failure = { at: number; service: string; revision: string | null; injected: boolean; what: string };

/**
 * What the users of a rehearsal saw. Numbers only grow.
 *
 * `requests` are completed POSTs, `failures` those without a good response. `sessions` are the opened sessions;
 * `movedSessions` counts responses in an open session from another revision than the session's; `lostSessions` are open
 * sessions that ended early, by a failed call or a 404; `endedByDrain` are those whose 404 came from the stable revision,
 * which sends one only when it retires. `failuresLog` keeps the first `FAILURES_KEPT` failures.
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

/** An empty tally. */
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

/** Counts a completed request; `revision` is null if it is unknown. */
export function countRequest(tally: Tally, revision: string | null): void {
  tally.requests += 1;
  if (revision !== null) of(tally, revision).requests += 1;
}

/** Counts the failure of an already counted request. */
export function countFailure(tally: Tally, failure: Failure): void {
  tally.failures += 1;
  if (failure.revision !== null) of(tally, failure.revision).failures += 1;
  if (tally.failuresLog.length < FAILURES_KEPT) tally.failuresLog.push(failure);
}

function of(tally: Tally, revision: string) {
  tally.byRevision[revision] ??= { requests: 0, failures: 0 };
  return tally.byRevision[revision];
}
