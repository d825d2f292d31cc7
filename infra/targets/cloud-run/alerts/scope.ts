import { type Backed, backupJobs } from "../../../backups/jobs.ts";
import { storesOf } from "../../../backups/stores.ts";
import { pairsOf } from "../../../deployment.ts";
import type { ProjectScope } from "./conditions.ts";

/** What a deployment's alerts cover in a Google Cloud project. */
export function projectScope(deployment: Backed<"cloud-run">): ProjectScope {
  const pairs = [...pairsOf(deployment)];
  const singletons = pairs.filter(([, { stable }]) => stable.sessions === "single").map(([service]) => service);
  return {
    stateless: singletons.length < pairs.length,
    singletons,
    stores: backupJobs(deployment).flatMap((job) =>
      storesOf(job).map((store) => ({
        store,
        resource: job.volumes.length > 0 ? ("gce_instance" as const) : ("cloud_run_job" as const),
      })),
    ),
  };
}
