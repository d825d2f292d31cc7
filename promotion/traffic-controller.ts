import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds, Percent, Seconds } from "../ecosystem/units.ts";

/** Where a service's revision can be tested: `stable` or the 0 % `candidate`, with the headers that select it. */
export type Preview = { service: string; url: string; headers: Record<string, string> };

/** How a drain ended: `quiet` when no requests were in flight, `limit` when the time limit came first. */
export type Drained = { ended: "quiet" | "limit"; seconds: Seconds; openRequests: number };

/** Moves traffic; all operations are idempotent. A `share` is the percentage of new sessions that go to the candidate. */
export type TrafficController = {
  /** Where each service's revision of that role answers, independent of the share. */
  preview(role: RevisionRole): Promise<Preview[]>;
  /** The share in force, read back from the platform. Throws when the platform's replicas or services disagree. */
  share(): Promise<number>;
  /** Puts the share in force for every service and returns once it has been read back. At 0, clients with open sessions on the candidate are asked to start new ones. */
  setShare(share: Percent): Promise<void>;
  /** Waits until no requests are in flight on that role's revisions, or `limitMs` has passed. Open sessions continue meanwhile. */
  drain(role: RevisionRole, limitMs: Milliseconds): Promise<Drained>;
  /** Removes that role's revisions from the edge: clients with remaining sessions are asked to start new ones. */
  retire(role: RevisionRole): Promise<void>;
};
