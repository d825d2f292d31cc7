import { retention } from "../../ecosystem/retention.ts";
import { serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import type { StackFacts } from "../facts.ts";
import { at, isTrue, numberAt, textAt } from "../props.ts";
import { demand, type Finding, fail } from "../verdict.ts";
import { backupsOf, locationOf } from "../view/backups.ts";
import type { View } from "../view/view.ts";

/** 9 - Backup system: every store is backed up daily, kept 30/12/6, copied to a vault, and restored in drills. */
export const backupSystem = check(9, "backup-system", {
  why: "a backup that was never restored is not known to work",
  remedy:
    "back up every store daily, keep 30 daily, 12 weekly and 6 monthly backups, copy them to a vault elsewhere, and run restore drills",
  judge: (view, facts) => [
    ...saved(view),
    ...keeping(view),
    ...copied(view, facts),
    ...bucketsOf(view, facts),
    ...proofOf("backup", view, facts),
    ...proofOf("restore-drill", view, facts),
  ],
});

/** Every store of a running service is backed up by a daily job. */
function saved(view: View): Finding[] {
  const saves = backupsOf(view).filter(({ action }) => action === "save");
  const daily = saves.filter((job) => job.daily);
  return [
    ...saves.filter((job) => !job.daily).map((job) => fail(job, "it is not scheduled to run daily")),
    ...view.services.map((container) => {
      const service = serviceNamed(container.service as NonNullable<typeof container.service>);
      const store = service.state.data;
      const stores = (job: (typeof daily)[number]) => (store === "volume" ? job.volumes : job.databases);
      return demand(
        daily.some((job) => stores(job).includes(service.name)),
        container,
        `no daily job backs up the ${store} of ${service.name}`,
      );
    }),
  ];
}

function keeping(view: View): Finding[] {
  const checks = backupsOf(view).filter(({ action }) => action === "check");
  const { daily, weekly, monthly } = retention.backups;
  return [
    demand(checks.length > 0, "stack", "no job checks the repository and removes expired backups"),
    ...checks.flatMap((job) => [
      demand(job.daily, job, "it is not scheduled to run daily"),
      demand(job.keep.daily >= daily, job, `it keeps fewer than ${daily} daily backups`),
      demand(job.keep.weekly >= weekly, job, `it keeps fewer than ${weekly} weekly backups`),
      demand(job.keep.monthly >= monthly, job, `it keeps fewer than ${monthly} monthly backups`),
    ]),
  ];
}

function copied(view: View, { level }: StackFacts): Finding[] {
  const vaults = backupsOf(view).filter(({ action }) => action === "vault");
  return [
    demand(vaults.length > 0, "stack", "no job copies the backups to a vault"),
    ...vaults.flatMap((job) => [
      demand(job.daily, job, "it is not scheduled to run daily"),
      demand(
        job.vault !== undefined && locationOf(job.vault) !== locationOf(job.repository ?? ""),
        job,
        "the vault is the same place as the repository",
      ),
      demand(!level.lockedVault || isElsewhere(job.vault), job, "the vault is on the same host as the stack"),
    ]),
  ];
}

const isElsewhere = (vault: string | undefined): boolean => /^(gs|s3):/.test(vault ?? "");

/** A stack's own buckets: restic deletes objects in its repository, so that one keeps versions; the vault is locked. */
function bucketsOf(view: View, { level }: StackFacts): Finding[] {
  const jobs = backupsOf(view);
  const repositories = new Set(jobs.flatMap(({ repository }) => repository ?? []).map(locationOf));
  const vaults = new Set(jobs.flatMap(({ vault }) => vault ?? []).map(locationOf));
  const buckets = view.of("gcp:storage/bucket:Bucket");
  const isIn = (locations: ReadonlySet<string>) =>
    buckets.filter(({ props }) => locations.has(textAt(props, "name") ?? ""));
  const [repository] = isIn(repositories);
  return [
    ...isIn(repositories).map((bucket) =>
      demand(
        isTrue(bucket.props, "versioning.enabled"),
        bucket,
        "the repository has no object versioning, so deleted backups cannot be recovered",
      ),
    ),
    ...isIn(vaults).flatMap((bucket) => [
      demand(
        (numberAt(bucket.props, "retentionPolicy.retentionPeriod") ?? 0) > 0,
        bucket,
        "the vault has no retention policy, so its copies can be deleted",
      ),
      demand(
        !level.lockedVault || isTrue(bucket.props, "retentionPolicy.isLocked"),
        bucket,
        "the vault's retention policy is not locked, so it can be removed",
      ),
      demand(
        at(bucket.props, "location") !== at(repository?.props, "location"),
        bucket,
        "the vault is in the same location as the repository",
      ),
    ]),
    ...(view.target === "cloud-run" && (isIn(repositories).length === 0 || isIn(vaults).length === 0)
      ? [fail("stack", "the repository's or the vault's bucket is missing")]
      : []),
  ];
}
