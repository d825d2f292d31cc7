import type { BucketArgs } from "@pulumi/gcp/storage/index.js";
import { type BackupIdentity, locksOf } from "../../../backups/locations.ts";
import type { SettingsOn } from "../../../config/schema.ts";
import { backupBucket, labelsOf, vaultBucket } from "../../../names.ts";

const DAY = 86_400;
/** Days that a version of an object survives its deletion or replacement in the repository's bucket. */
const UNDELETE_DAYS = 30;

type BackupStack = { stack: string; settings: SettingsOn<"cloud-run"> };

/**
 * The bucket of the repository. restic deletes its locks, and pruning deletes for a living, so nothing may be retained
 * by force here: versions bring back what was deleted by mistake or malice.
 */
export function repositoryBucket({ stack, settings }: BackupStack) {
  const { project, region } = settings.cloudRun;
  return {
    name: backupBucket(project),
    project,
    location: region,
    labels: labelsOf(stack),
    ...guarded,
    versioning: { enabled: true },
    lifecycleRules: [
      { action: { type: "Delete" }, condition: { withState: "ARCHIVED", daysSinceNoncurrentTime: UNDELETE_DAYS } },
    ],
  } satisfies BucketArgs;
}

/**
 * The vault: elsewhere, and nothing in it can be deleted or replaced while its retention lasts. Each month's copy is a
 * whole repository in a folder of its own, so that nothing a later month needs is older than that month. restic never
 * runs on it: it could not delete its locks.
 */
export function vaultBucketOf({ stack, settings }: BackupStack) {
  const { project, multiRegionVault } = settings.cloudRun;
  const { monthly, lockVault } = settings.backups;
  const days = monthly * 31;
  return {
    name: vaultBucket(project),
    project,
    location: multiRegionVault,
    storageClass: "NEARLINE",
    labels: labelsOf(stack),
    ...guarded,
    versioning: { enabled: false },
    retentionPolicy: { retentionPeriod: String(days * DAY), isLocked: lockVault },
    lifecycleRules: [{ action: { type: "Delete" }, condition: { withState: "LIVE", age: days + 31 } }],
  } satisfies BucketArgs;
}

const guarded = {
  uniformBucketLevelAccess: true,
  publicAccessPrevention: "enforced",
  forceDestroy: false,
} as const;

/** What an identity may do in a bucket; `below` limits it to the objects whose names begin so. */
export type Grant = { identity: BackupIdentity; bucket: "repository" | "vault"; role: string; below?: string };

/**
 * Who may do what. The writer adds and reads, and deletes its own locks alone: a stolen writer cannot take a backup away.
 * The pruner never reaches the vault, the copier never deletes.
 */
export function grantsOf(settings: SettingsOn<"cloud-run">): Grant[] {
  return [
    { identity: "writer", bucket: "repository", role: "roles/storage.objectCreator" },
    { identity: "writer", bucket: "repository", role: "roles/storage.objectViewer" },
    { identity: "writer", bucket: "repository", role: "roles/storage.objectUser", below: locksOf(settings) },
    { identity: "pruner", bucket: "repository", role: "roles/storage.objectUser" },
    { identity: "copier", bucket: "repository", role: "roles/storage.objectViewer" },
    { identity: "copier", bucket: "vault", role: "roles/storage.objectCreator" },
    { identity: "copier", bucket: "vault", role: "roles/storage.objectViewer" },
  ];
}

/** An IAM condition on objects whose names begin so. */
export const conditionBelow = (bucket: string, below: string) => ({
  title: "restic's locks",
  description: "Only what restic deletes in every run: its own locks",
  expression: `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${below}")`,
});
