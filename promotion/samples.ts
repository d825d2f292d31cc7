import type { RevisionRole } from "../ecosystem/revision-role.ts";

/**
 * One request that went wrong: when (milliseconds since the epoch), on which revision, whether a probe or a user made it, and
 * what it came to, in the words of `kinds`. `client` is the bucket of its client; method and tool are shortened to 64 plain
 * characters, and empty where the request did not say.
 */
export type Sample = {
  at: number;
  service: string;
  role: RevisionRole;
  probe: boolean;
  kind: string;
  code: number | null;
  flags: string | null;
  rpcCode: number | null;
  method: string;
  tool: string;
  client: string;
};

/** How many samples of one service and role are shown. */
export const MOST_SAMPLES = 20;
