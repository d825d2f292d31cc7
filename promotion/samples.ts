import type { RevisionRole } from "../ecosystem/revision-role.ts";

/**
 * One failed request: when (milliseconds since the epoch), on which revision, from a probe or a user, and its outcome, as in
 * `kinds`. `client` is the client's bucket; method and tool are shortened to 64 plain characters, and empty when the request
 * had none.
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

/** The number of samples shown per service and role. */
export const MOST_SAMPLES = 20;
