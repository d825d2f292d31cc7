import { JobIamMember, Job as RunJob } from "@pulumi/gcp/cloudrunv2/index.js";
import { Job as ScheduledJob } from "@pulumi/gcp/cloudscheduler/index.js";
import { Metric } from "@pulumi/gcp/logging/index.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/index.js";
import { Account } from "@pulumi/gcp/serviceaccount/index.js";
import { Bucket, BucketIAMMember } from "@pulumi/gcp/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../../ecosystem/secrets.ts";
import { type Backed, backupJobs } from "../../../backups/jobs.ts";
import type { BackupIdentity } from "../../../backups/locations.ts";
import { conditionBelow, grantsOf, repositoryBucket, vaultBucketOf } from "./buckets.ts";
import { type JobNetwork, runJob, schedule } from "./job.ts";
import { backupSeries, logMetric } from "./series.ts";

export type CloudBackupsArgs = Omit<JobNetwork, "serviceAccount"> & {
  backed: Backed<"cloud-run">;
  /** The identity of the VM that backs up the single services' volumes (`machineBackup`): `serviceAccount:...`. */
  machine?: pulumi.Input<string>;
};

/** The backups of a stack on Google Cloud: their buckets, the access to them, and the nightly jobs. */
export class CloudBackups extends pulumi.ComponentResource {
  constructor(name: string, { backed, machine, ...reach }: CloudBackupsArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:backups:CloudBackups", name, {}, options);
    const { settings } = backed;
    const { project, region } = settings.cloudRun;
    const child = { parent: this };

    const repository = new Bucket(`${name}-repository`, repositoryBucket(backed), child);
    const vault = new Bucket(`${name}-vault`, vaultBucketOf(backed), { ...child, protect: true });
    const buckets = { repository, vault };

    const account = (identity: BackupIdentity | "scheduler", displayName: string) =>
      new Account(`${name}-${identity}`, { accountId: `backup-${identity}`, project, displayName }, child);
    const accounts = {
      writer: account("writer", "Adds backups to the repository"),
      pruner: account("pruner", "Checks the repository and forgets what is past its time"),
      copier: account("copier", "Copies the repository into the vault"),
    };
    const members: Record<string, { identity: BackupIdentity; member: pulumi.Input<string> }> = {
      writer: { identity: "writer", member: accounts.writer.member },
      pruner: { identity: "pruner", member: accounts.pruner.member },
      copier: { identity: "copier", member: accounts.copier.member },
      ...(machine !== undefined && { machine: { identity: "writer", member: machine } }),
    };

    for (const [who, { identity, member }] of Object.entries(members)) {
      for (const { bucket, role, below } of grantsOf(settings).filter((grant) => grant.identity === identity)) {
        const what = below === undefined ? role.replace("roles/storage.object", "").toLowerCase() : "locks";
        const condition = below && { condition: conditionBelow(repositoryBucket(backed).name, below) };
        new BucketIAMMember(
          `${name}-${who}-${bucket}-${what}`,
          { bucket: buckets[bucket].name, role, member, ...condition },
          child,
        );
      }
    }

    const jobs = backupJobs(backed);
    const read = new Map<string, { who: string; secret: Secret }>();
    for (const { secrets, volumes, identity } of jobs) {
      const who = volumes.length > 0 ? "machine" : identity;
      for (const secret of secrets) read.set(`${who}-${secret}`, { who, secret });
    }
    const access = [...read].flatMap(([key, { who, secret }]) => {
      const member = members[who]?.member;
      return member === undefined
        ? []
        : new SecretIamMember(
            `${name}-${key}`,
            { project, secretId: reach.secret(secret), role: "roles/secretmanager.secretAccessor", member },
            child,
          );
    });

    const scheduler = account("scheduler", "Starts the backups' jobs");
    // before the first release there is nothing to back up, and no registry for the image yet
    const run = backed.stable.size > 0 ? jobs : [];
    for (const job of run.filter(({ volumes }) => volumes.length === 0)) {
      const made = new RunJob(
        `${name}-${job.name}`,
        runJob(job, backed, { ...reach, serviceAccount: accounts[job.identity].email }),
        { ...child, dependsOn: access },
      );
      new JobIamMember(
        `${name}-${job.name}-starter`,
        { project, location: region, name: made.name, role: "roles/run.invoker", member: scheduler.member },
        child,
      );
      new ScheduledJob(`${name}-${job.name}-daily`, schedule(job, backed, scheduler.email), {
        ...child,
        dependsOn: made,
      });
    }
    for (const series of backupSeries) new Metric(`${name}-${series}`, logMetric(series, project), child);
    this.registerOutputs({ repository: repository.url, vault: vault.url });
  }
}
