import type { Secret } from "../../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import type { MiB } from "../../../../ecosystem/units.ts";
import { environmentOf, layout, scratchFolder } from "../../../backups/environment.ts";
import { type Backed, type BackupJob, backupJobs, timeOf } from "../../../backups/jobs.ts";
import { backupLocationsOf } from "../../../backups/locations.ts";
import { backupJobName } from "../../../names.ts";

/** Where the three backup series of a job stand for node-exporter, which must be given this volume as its textfile folder. */
export const seriesFolder = "/series";

/** One container of a Docker host, as the compose target has to create it: as our one user, hardened like all of them. */
export type BackupContainer = {
  /** `backup-save`, `backup-check`, `backup-vault`. */
  name: string;
  image: string;
  /** Arguments of the image's own entry point. */
  command: string[];
  environment: Record<string, string>;
  /** Secrets as files, by path. */
  secrets: Record<string, Secret>;
  /** The services' volumes, read and never written. */
  volumes: { service: ServiceName; path: string }[];
  /** Folders of the host, by path in the container. They must belong to user 10001. */
  folders: Record<string, { host: string; readOnly: boolean }>;
  /** A volume of its own (what is copied would not fit into memory), and one for the series that all three write. */
  scratch: typeof scratchFolder;
  series: typeof seriesFolder;
  health: { test: readonly string[] };
  memoryMi: MiB;
};

/**
 * The containers that keep a Docker host's backups. Each has one identity and waits for its own time of day: no cron of
 * Debian's runs without root. A volume is copied while its writer runs: the copy is taken anew until nothing has changed
 * under it, so nobody needs the Docker socket to stop a service.
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
