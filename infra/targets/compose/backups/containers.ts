import type { Secret } from "../../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import type { MiB } from "../../../../ecosystem/units.ts";
import { environmentOf, layout, scratchFolder } from "../../../backups/environment.ts";
import { type Backed, type BackupJob, backupJobs, timeOf } from "../../../backups/jobs.ts";
import { backupLocationsOf } from "../../../backups/locations.ts";
import { backupJobName } from "../../../names.ts";

/** The folder of the jobs' three backup series; node-exporter must mount this volume as its textfile folder. */
export const seriesFolder = "/series";

/** One backup container, as the compose target must create it: as our one user, hardened like all others. */
export type BackupContainer = {
  /** `backup-save`, `backup-check`, `backup-vault`. */
  name: string;
  image: string;
  /** Arguments of the image's entry point. */
  command: string[];
  environment: Record<string, string>;
  /** Secrets as files, by path. */
  secrets: Record<string, Secret>;
  /** The services' volumes, read-only. */
  volumes: { service: ServiceName; path: string }[];
  /** Host folders, by path in the container. User 10001 must own them. */
  folders: Record<string, { host: string; readOnly: boolean }>;
  /** Its own volume (the copy would not fit in memory), and the shared one for the series. */
  scratch: typeof scratchFolder;
  series: typeof seriesFolder;
  health: { test: readonly string[] };
  memoryMi: MiB;
};

/**
 * The backup containers of a Docker host. Each has one identity and waits for its own time of day: Debian's cron needs root.
 * A volume is copied while its writer runs, and the copy is repeated until nothing changed during it, so nothing needs the
 * Docker socket to stop a service.
 */
export function composeBackup(backed: Backed<"compose">): BackupContainer[] {
  return backupJobs(backed).map((job) => ({
    name: backupJobName(job),
    image: backed.settings.backups.image,
    command: ["schedule", timeOf(job.schedule), job.action],
    environment: { ...environmentOf(job, backed), BACKUP_SERIES: seriesFolder },
    secrets: Object.fromEntries(job.secrets.map((name) => [layout.secret(name), name])),
    volumes: job.volumes.map((service) => ({ service, path: layout.volume(service) })),
    folders: foldersOf(job, backed),
    scratch: scratchFolder,
    series: seriesFolder,
    // written once the next run is known
    health: { test: ["CMD", "test", "-s", `${scratchFolder}/next`] },
    memoryMi: 512,
  }));
}

function foldersOf(job: BackupJob, { settings }: Backed<"compose">): BackupContainer["folders"] {
  const { repository, vault } = backupLocationsOf(settings);
  const copies = job.action === "vault";
  return {
    ...(repository.folder && { [repository.inside]: { host: repository.folder, readOnly: copies } }),
    ...(copies && vault.folder && { [vault.inside]: { host: vault.folder, readOnly: false } }),
  };
}
