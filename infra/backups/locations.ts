import type { SettingsOn } from "../config/schema.ts";
import { backupBucket, vaultBucket } from "../names.ts";

/** Where backups lie: `inside` is how the job's container names it, `folder` the folder of the host that this is. */
export type BackupLocation = { inside: string; folder?: string };

/** Which identity a job has: each may do no more than its own work, so that none of them alone can harm what is saved. */
export type BackupIdentity = "writer" | "pruner" | "copier";

/** The repository of a stack, and the vault: a copy in another place, out of reach of whoever can change the repository. */
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

/** Where restic keeps its locks in the repository's bucket. */
export const locksOf = (settings: SettingsOn<"cloud-run">): string =>
  `${backupLocationsOf(settings).repository.inside.replace(/^gs:[^:]+:\//, "")}/locks/`;

const locationOf = (setting: string, mounted: string): BackupLocation =>
  setting.startsWith("/") ? { inside: mounted, folder: setting } : { inside: setting };
