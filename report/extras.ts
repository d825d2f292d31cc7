import type { Seconds } from "../ecosystem/units.ts";

/** What the journal does not contain: what was rehearsed, and what the users saw. `seconds` is the total duration. */
export type Extras = {
  title: string;
  workload: string;
  fault: string | null;
  rps: number;
  candidate: { userRequests: number; userErrors: number };
  movedSessions: number;
  lostSessions: number;
  shiftErrors: number;
  seconds: Seconds;
};
