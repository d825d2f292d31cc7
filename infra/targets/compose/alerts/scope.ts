import { type Backed, backupJobs } from "../../../backups/jobs.ts";
import { storesOf } from "../../../backups/stores.ts";
import type { HostScope } from "./conditions.ts";

/** What a deployment's alerts cover on a Docker host. */
export const hostScope = (deployment: Backed<"compose">): HostScope => ({
  stores: backupJobs(deployment).flatMap(storesOf),
});
