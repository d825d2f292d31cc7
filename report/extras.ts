/** What a journal does not know: what was rehearsed, and what the users met. `seconds` is how long all of it took. */
export type Extras = {
  title: string;
  workload: string;
  fault: string | null;
  rps: number;
  candidate: { userRequests: number; userErrors: number };
  movedSessions: number;
  lostSessions: number;
  shiftErrors: number;
  seconds: number;
};
