import type { Target } from "../../ecosystem/targets.ts";
import { type Backed, type BackupJob, backupJobs } from "../backups/jobs.ts";
import { settingsOf } from "../config/settings.ts";
import { pairsOf } from "../deployment.ts";
import { backupJobName, namespaceOf } from "../names.ts";
import { databaseOf } from "../release/addresses.ts";
import type { Scope } from "./rules.ts";

/** What of a target a deployment's alerts are about. */
export function scopeOf(deployment: Backed, target: Target): Scope {
  const { stack, settings } = deployment;
  const pairs = pairsOf(deployment);
  const jobs = backupJobs(deployment, target);
  switch (target) {
    case "compose":
      return { target };
    case "kubernetes":
      return {
        target,
        namespace: namespaceOf(stack),
        services: [...pairs.keys()],
        certificate: settingsOf(settings, target, "the stack's settings").certificateSecret,
        backups: jobs.map(backupJobName),
      };
    case "cloud-run":
      return {
        target,
        stores: jobs.flatMap((job) =>
          storesOf(job, deployment).map((store) => ({
            store,
            resource: job.volumes.length > 0 ? ("gce_instance" as const) : ("cloud_run_job" as const),
          })),
        ),
        machine: [...pairs.values()].some(({ stable }) => stable.sessions === "single"),
      };
  }
}

/** The stores of a job as its log lines name them (`images/backup/backup.sh`). */
const storesOf = ({ action, manifest, databases, volumes }: BackupJob, { settings }: Backed): string[] =>
  action === "save"
    ? [
        ...(manifest ? ["settings"] : []),
        ...databases.map((name) => `${databaseOf(name, "cloud-run", settings).name}-database`),
        ...volumes,
      ]
    : [action];
