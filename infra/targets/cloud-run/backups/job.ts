import type { JobArgs as RunArgs } from "@pulumi/gcp/cloudrunv2/index.js";
import type { JobArgs as ScheduleArgs } from "@pulumi/gcp/cloudscheduler/index.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../../ecosystem/secrets.ts";
import { environmentOf, layout, scratchFolder } from "../../../backups/environment.ts";
import type { Backed, BackupJob } from "../../../backups/jobs.ts";
import { backupJobName, labelsOf } from "../../../names.ts";
import { DATABASE_HOST } from "../../../release/addresses.ts";

/** A job's platform-specific inputs. */
export type JobNetwork = {
  serviceAccount: pulumi.Input<string>;
  /** The id of a secret in Secret Manager. */
  secret(name: Secret): pulumi.Input<string>;
  databaseHost: pulumi.Input<string>;
  network: pulumi.Input<string>;
  subnetwork: pulumi.Input<string>;
};

/** On Cloud Run each secret is mounted in its own folder. */
const secretFile = (name: Secret) => `${layout.secret(name)}/value`;

/** Dumps are written to memory, which limits the size of a database: beyond it the job fails with an error. */
const sizes = {
  save: { limits: { cpu: "2", memory: "8Gi" }, scratch: "6Gi" },
  check: { limits: { cpu: "1", memory: "2Gi" }, scratch: "1Gi" },
  vault: { limits: { cpu: "1", memory: "1Gi" }, scratch: "128Mi" },
} as const;

/** One of a stack's jobs as a Cloud Run job. */
export function runJob(job: BackupJob, backed: Backed<"cloud-run">, reach: JobNetwork): RunArgs {
  const { project, region } = backed.settings.cloudRun;
  const labels = { ...labelsOf(backed.stack), component: "backup" };
  const { limits, scratch } = sizes[job.action];
  const environment = environmentOf(job, backed, { ...layout, secret: secretFile });
  return {
    name: backupJobName(job),
    project,
    location: region,
    labels,
    // the job itself is stateless
    deletionProtection: false,
    template: {
      labels,
      taskCount: 1,
      template: {
        serviceAccount: reach.serviceAccount,
        executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
        timeout: "7200s",
        maxRetries: 1,
        containers: [
          {
            image: backed.settings.backups.image,
            args: [job.action],
            envs: Object.entries(environment).map(([name, value]) => ({
              name,
              value: value === DATABASE_HOST ? reach.databaseHost : value,
            })),
            resources: { limits },
            volumeMounts: [
              { name: "scratch", mountPath: scratchFolder },
              ...job.secrets.map((name) => ({ name, mountPath: layout.secret(name) })),
            ],
          },
        ],
        volumes: [
          { name: "scratch", emptyDir: { medium: "MEMORY", sizeLimit: scratch } },
          ...job.secrets.map((name) => ({
            name,
            secret: { secret: reach.secret(name), items: [{ version: "latest", path: "value" }] },
          })),
        ],
        ...(job.databases.length > 0 && {
          vpcAccess: {
            egress: "PRIVATE_RANGES_ONLY",
            networkInterfaces: [{ network: reach.network, subnetwork: reach.subnetwork }],
          },
        }),
      },
    },
  };
}

/** Its daily schedule. */
export function schedule(
  job: BackupJob,
  { settings }: Backed<"cloud-run">,
  caller: pulumi.Input<string>,
): ScheduleArgs {
  const { project, region } = settings.cloudRun;
  const name = backupJobName(job);
  return {
    name,
    project,
    region,
    schedule: job.schedule,
    timeZone: "Etc/UTC",
    attemptDeadline: "180s",
    retryConfig: { retryCount: 3 },
    httpTarget: {
      httpMethod: "POST",
      uri: `https://run.googleapis.com/v2/projects/${project}/locations/${region}/jobs/${name}:run`,
      oauthToken: { serviceAccountEmail: caller },
    },
  };
}
