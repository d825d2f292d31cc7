import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds, Percent, Seconds } from "../ecosystem/units.ts";

/** Where one service can be tried: `stable` or the 0 % `candidate`, with the headers that lead there. */
export type Preview = { service: string; url: string; headers: Record<string, string> };

/** How a drain ended: `quiet` when nothing was in flight any more, `limit` when the time was over first. */
export type Drained = { ended: "quiet" | "limit"; seconds: Seconds; openRequests: number };

/** What moves traffic: five verbs, all idempotent. A `share` is the percentage of new sessions that go to the candidate. */
export type TrafficController = {
  /** Where each service's revision of that role answers, whatever the share is. */
  preview(role: RevisionRole): Promise<Preview[]>;
  /** The share in force, read back from the platform. Throws when the platform's replicas or services disagree. */
  share(): Promise<number>;
  /** Puts the share in force for every service and returns when it has been read back. At 0 the candidate's open sessions are told to begin again. */
  setShare(share: Percent): Promise<void>;
  /** Waits until nothing is in flight on that role's revisions, or `limitMs` has passed. Open sessions go on meanwhile. */
  drain(role: RevisionRole, limitMs: Milliseconds): Promise<Drained>;
  /** Takes that role's revisions out of the edge: their remaining sessions are told to begin again. */
  retire(role: RevisionRole): Promise<void>;
};
