import type { Seconds } from "../ecosystem/units.ts";

/** What the journal does not contain: what was rehearsed, and what the users saw. `seconds` is the total duration. */
export type Extras = {
  title: string;
  workload: string;
  fault: string | null;
  rps: number;
  candidate: { userRequests: number; userErrors: number; userRefused: number };
  movedSessions: number;
  lostSessions: number;
  /** The sessions that the edge ended at a rollback or when the old revision retired. */
  sessions: { ended: number };
  /** What a person should look at although the candidate was promoted. */
  warnings: string[];
  shiftErrors: number;
  seconds: Seconds;
};
