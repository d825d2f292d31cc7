import type { SettingsOn } from "../config/schema.ts";
import { backupBucket, vaultBucket } from "../names.ts";

/** A backup location: `inside` is its address in the job's container, `folder` the corresponding host folder. */
export type BackupLocation = { inside: string; folder?: string };

/** The identity of a job: each has only the rights for its own work, so that no single one can destroy the backups. */
export type BackupIdentity = "writer" | "pruner" | "copier";

/** The repository of a stack, and the vault: a copy in another location, out of reach of identities that can change the repository. */
export function backupLocationsOf(settings: SettingsOn): { repository: BackupLocation; vault: BackupLocation } {
  if (settings.target === "cloud-run") {
    const { project } = settings.cloudRun;
    return {
      repository: { inside: `gs:${backupBucket(project)}:/${settings.target}` },
      vault: { inside: `gs:${vaultBucket(project)}:/${settings.target}` },
    };
  }
  const { backups, vault } = settings.target === "compose" ? settings.compose : settings.kubernetes;
  return { repository: locationOf(backups, "/repository"), vault: locationOf(vault, "/vault") };
}

/** The prefix of restic's locks in the repository's bucket. */
export const locksOf = (settings: SettingsOn<"cloud-run">): string =>
  `${backupLocationsOf(settings).repository.inside.replace(/^gs:[^:]+:\//, "")}/locks/`;

const locationOf = (setting: string, mounted: string): BackupLocation =>
  setting.startsWith("/") ? { inside: mounted, folder: setting } : { inside: setting };
