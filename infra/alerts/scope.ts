import type { Target } from "../../ecosystem/targets.ts";
import { type Backed, type BackupJob, backupJobs } from "../backups/jobs.ts";
import { settingsOf } from "../config/settings.ts";
import { pairsOf } from "../deployment.ts";
import { namespaceOf } from "../names.ts";
import { databaseOf } from "../release/addresses.ts";
import type { Scope } from "./rules.ts";

/** What of a target a deployment's alerts are about. */
export const scopeOf = {
  compose: (deployment) => ({
    target: "compose",
    stores: backupJobs(deployment, "compose").flatMap((job) => storesOf(job, deployment, "compose")),
  }),
  kubernetes: (deployment) => ({
    target: "kubernetes",
    namespace: namespaceOf(deployment.stack),
    services: [...pairsOf(deployment).keys()],
    certificate: settingsOf(deployment.settings, "kubernetes", "the stack's settings").certificateSecret,
    stores: backupJobs(deployment, "kubernetes").map(({ name }) => name),
  }),
  "cloud-run": (deployment) => {
    const pairs = [...pairsOf(deployment)];
    const singles = pairs.filter(([, { stable }]) => stable.sessions === "single").map(([service]) => service);
    return {
      target: "cloud-run",
      stateless: singles.length < pairs.length,
      singles,
      stores: backupJobs(deployment, "cloud-run").flatMap((job) =>
        storesOf(job, deployment, "cloud-run").map((store) => ({
          store,
          resource: job.volumes.length > 0 ? ("gce_instance" as const) : ("cloud_run_job" as const),
        })),
      ),
    };
  },
} satisfies { [T in Target]: (deployment: Backed) => Extract<Scope, { target: T }> };

/** The stores of a job as its script names them (`images/backup/backup.sh`). */
const storesOf = (
  { action, manifest, databases, volumes }: BackupJob,
  { settings }: Backed,
  target: Target,
): string[] =>
  action === "save"
    ? [
        ...(manifest ? ["settings"] : []),
        ...databases.map((name) => `${databaseOf(name, target, settings).name}-database`),
        ...volumes,
      ]
    : [action];
