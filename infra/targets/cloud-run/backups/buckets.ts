import type { BucketArgs } from "@pulumi/gcp/storage/index.js";
import { type BackupIdentity, locksOf } from "../../../backups/locations.ts";
import type { SettingsOn } from "../../../config/schema.ts";
import { backupBucket, labelsOf, vaultBucket } from "../../../names.ts";

const DAY = 86_400;
/** Days for which the repository's bucket keeps deleted or replaced object versions. */
const UNDELETE_DAYS = 30;

type BackupStack = { stack: string; settings: SettingsOn<"cloud-run"> };

/**
 * The repository's bucket. restic deletes its locks, and pruning deletes by design, so retention cannot be enforced here:
 * object versions allow recovery from accidental or malicious deletion.
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
 * The vault: in another location, and objects cannot be deleted or replaced during their retention. Each month's copy is a
 * complete repository in its own folder, so that no month depends on older objects. restic never runs on it: it could not
 * delete its locks.
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

/** An identity's role on a bucket; `below` limits it to objects with that prefix. */
export type Grant = { identity: BackupIdentity; bucket: "repository" | "vault"; role: string; below?: string };

/**
 * The access grants. The writer adds and reads, and deletes only its own locks: with a stolen writer no backup can be deleted.
 * The pruner cannot access the vault, the copier cannot delete.
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

/** An IAM condition on objects with that prefix. */
export const conditionBelow = (bucket: string, below: string) => ({
  title: "restic's locks",
  description: "Only what restic deletes in every run: its own locks",
  expression: `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${below}")`,
});
