import { retention } from "../../ecosystem/retention.ts";
import { serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import type { StackFacts } from "../facts.ts";
import { at, isTrue, numberAt, textAt } from "../props.ts";
import { demand, type Finding, fail } from "../verdict.ts";
import { backupsOf, placeOf } from "../view/backups.ts";
import type { View } from "../view/view.ts";

/** 9 - Backup system: every store is saved each day, kept 30/12/6, copied out of harm's way, and has been brought back. */
export const backupSystem = check(9, "backup-system", {
  why: "a backup that was never restored is a hope",
  remedy: "save every store daily, keep 30 daily, 12 weekly and 6 monthly, copy to a vault elsewhere, and drill",
  judge: (view, facts) => [
    ...saved(view),
    ...keeping(view),
    ...copied(view, facts),
    ...buckets(view, facts),
    ...proofOf("backup", view, facts),
    ...proofOf("restore-drill", view, facts),
  ],
});

/** Every store of a service that runs is named by a daily job that saves. */
function saved(view: View): Finding[] {
  const saves = backupsOf(view).filter(({ action }) => action === "save");
  const daily = saves.filter((job) => job.daily);
  return [
    ...saves.filter((job) => !job.daily).map((job) => fail(job, "no schedule runs it every day")),
    ...view.services.map((container) => {
      const service = serviceNamed(container.service as NonNullable<typeof container.service>);
      const store = service.state.data;
      const stores = (job: (typeof daily)[number]) => (store === "volume" ? job.volumes : job.databases);
      return demand(
        daily.some((job) => stores(job).includes(service.name)),
        container,
        `no daily job saves the ${store} of ${service.name}`,
      );
    }),
  ];
}

function keeping(view: View): Finding[] {
  const checks = backupsOf(view).filter(({ action }) => action === "check");
  const { daily, weekly, monthly } = retention.backups;
  return [
    demand(checks.length > 0, "stack", "nothing checks the repository and forgets what is past its time"),
    ...checks.flatMap((job) => [
      demand(job.daily, job, "no schedule runs it every day"),
      demand(job.keep.daily >= daily, job, `it keeps fewer than ${daily} daily backups`),
      demand(job.keep.weekly >= weekly, job, `it keeps fewer than ${weekly} weekly backups`),
      demand(job.keep.monthly >= monthly, job, `it keeps fewer than ${monthly} monthly backups`),
    ]),
  ];
}

function copied(view: View, { level }: StackFacts): Finding[] {
  const vaults = backupsOf(view).filter(({ action }) => action === "vault");
  return [
    demand(vaults.length > 0, "stack", "nothing copies the backups into a vault"),
    ...vaults.flatMap((job) => [
      demand(job.daily, job, "no schedule runs it every day"),
      demand(
        job.vault !== undefined && placeOf(job.vault) !== placeOf(job.repository ?? ""),
        job,
        "the vault is the repository itself",
      ),
      demand(!level.lockedVault || isElsewhere(job.vault), job, "the vault lies on the same host as the stack"),
    ]),
  ];
}

const isElsewhere = (vault: string | undefined): boolean => /^(gs|s3):/.test(vault ?? "");

/** The buckets that a stack makes for it: restic deletes in its repository, so that one keeps versions; the vault is locked. */
function buckets(view: View, { level }: StackFacts): Finding[] {
  const jobs = backupsOf(view);
  const repositories = new Set(jobs.flatMap(({ repository }) => repository ?? []).map(placeOf));
  const vaults = new Set(jobs.flatMap(({ vault }) => vault ?? []).map(placeOf));
  const made = view.of("gcp:storage/bucket:Bucket");
  const isIn = (places: ReadonlySet<string>) => made.filter(({ props }) => places.has(textAt(props, "name") ?? ""));
  const [repository] = isIn(repositories);
  return [
    ...isIn(repositories).map((bucket) =>
      demand(
        isTrue(bucket.props, "versioning.enabled"),
        bucket,
        "the repository keeps no versions of what is deleted in it",
      ),
    ),
    ...isIn(vaults).flatMap((bucket) => [
      demand(
        (numberAt(bucket.props, "retentionPolicy.retentionPeriod") ?? 0) > 0,
        bucket,
        "the vault lets its copies be deleted",
      ),
      demand(
        !level.lockedVault || isTrue(bucket.props, "retentionPolicy.isLocked"),
        bucket,
        "the vault's retention can be taken back: it is not locked",
      ),
      demand(
        at(bucket.props, "location") !== at(repository?.props, "location"),
        bucket,
        "the vault lies where the repository lies",
      ),
    ]),
    ...(view.target === "cloud-run" && (isIn(repositories).length === 0 || isIn(vaults).length === 0)
      ? [fail("stack", "the buckets of the repository and the vault are not both there")]
      : []),
  ];
}
