/**
 * One failure as a user saw it: when (milliseconds since the epoch), the service, the revision that answered, if any, and the error.
 * `cause`: a connection that failed or broke, a 5xx that the edge answered itself, or anything else.
 */
export type Failure = {
  at: number;
  service: string;
  revision: string | null;
  injected: boolean;
  cause: "connection" | "edge" | "other";
  what: string;
};

/** What the users saw of one revision. */
type RevisionTally = { requests: number; failures: number; sessions: number; lostSessions: number };

/**
 * What the users of a rehearsal saw. Numbers only grow.
 *
 * `requests` are completed POSTs, `failures` those without a good response. `sessions` are the opened sessions;
 * `movedSessions` counts responses in an open session from another revision than the session's; `lostSessions` are open
 * sessions that ended early, by a failed call or because the server forgot them; `endedSessions` are those that the edge
 * ended with a 404 of its own, at a rollback or when the old revision retired. `failuresLog` keeps the first
 * `FAILURES_KEPT` failures.
 */
export type Tally = {
  requests: number;
  failures: number;
  sessions: number;
  movedSessions: number;
  lostSessions: number;
  endedSessions: number;
  byRevision: Record<string, RevisionTally>;
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
  endedSessions: 0,
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

/** Counts a session that was opened; `revision` is null if it is unknown. */
export function countSession(tally: Tally, revision: string | null): void {
  tally.sessions += 1;
  if (revision !== null) of(tally, revision).sessions += 1;
}

/** Counts an open session that ended early, although the edge did not end it. */
export function countLostSession(tally: Tally, revision: string | null): void {
  tally.lostSessions += 1;
  if (revision !== null) of(tally, revision).lostSessions += 1;
}

function of(tally: Tally, revision: string): RevisionTally {
  tally.byRevision[revision] ??= { requests: 0, failures: 0, sessions: 0, lostSessions: 0 };
  return tally.byRevision[revision];
}
