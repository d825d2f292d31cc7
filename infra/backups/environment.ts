import type { Secret } from "../../ecosystem/secrets.ts";
import type { ServiceName } from "../../ecosystem/services.ts";
import { named } from "../names.ts";
import type { Backed, BackupJob, SavedDatabase } from "./jobs.ts";
import { type BackupLocation, backupLocationsOf } from "./locations.ts";

/** The paths in a job's container. */
export type Layout = { secret(name: Secret): string; volume(service: ServiceName): string };

/** The default layout: secrets as files, one folder per volume. */
export const layout: Layout = {
  secret: (name) => `/run/secrets/${name}`,
  volume: (service) => `/volumes/${service}`,
};

/** The job's writable folder: copies to be backed up, and restic's cache. */
export const scratchFolder = "/scratch";

/** The CA of the database's certificate if the settings contain one; else the image's CAs apply. */
export const authorityFile = "/etc/mahavishnu/database-authority.crt";

/**
 * The environment of `backup.sh`: paths and names, never a secret. The database's host may be `{database.host}`, which only
 * the platform knows.
 */
export function environmentOf(
  job: BackupJob,
  backed: Backed,
  { secret, volume }: Layout = layout,
): Record<string, string> {
  const { settings, stack } = backed;
  const { repository, vault } = backupLocationsOf(settings);
  const keys = job.secrets.find((name) => name === `backup-${job.identity}-credentials`);
  const common = {
    BACKUP_STACK: named(stack),
    RESTIC_REPOSITORY: repository.inside,
    ...(keys && { [keysVariable([repository, vault])]: secret(keys) }),
  };
  switch (job.action) {
    case "save":
      return {
        ...common,
        RESTIC_PASSWORD_FILE: secret("restic-password"),
        ...(job.volumes.length > 0 && {
          BACKUP_VOLUMES: job.volumes.map((name) => `${name}=${volume(name)}`).join(" "),
        }),
        ...(job.databases.length > 0 && databases(job.databases, backed, secret)),
        ...(job.manifest && { BACKUP_MANIFEST: manifestOf(backed) }),
      };
    case "check":
      return {
        ...common,
        RESTIC_PASSWORD_FILE: secret("restic-password"),
        BACKUP_KEEP_DAILY: String(settings.backups.daily),
        BACKUP_KEEP_WEEKLY: String(settings.backups.weekly),
        BACKUP_KEEP_MONTHLY: String(settings.backups.monthly),
      };
    case "vault":
      return { ...common, BACKUP_VAULT: vault.inside, BACKUP_KEEP_MONTHLY: String(settings.backups.monthly) };
  }
}

/** Google's and Amazon's tools each have a variable for their credentials file; a stack's external locations are of one kind. */
const keysVariable = (locations: BackupLocation[]): string =>
  locations.some(({ inside }) => inside.startsWith("gs:"))
    ? "GOOGLE_APPLICATION_CREDENTIALS"
    : "AWS_SHARED_CREDENTIALS_FILE";

/** Each database is read as its owner; all are on one server. */
function databases(all: readonly SavedDatabase[], { settings }: Backed, secret: Layout["secret"]) {
  const [{ host, port, sslMode }] = all as [SavedDatabase];
  return {
    BACKUP_DATABASES: all.map(({ name, password }) => `${name}=${secret(password)}`).join(" "),
    PGHOST: host,
    PGPORT: String(port),
    PGSSLMODE: sslMode,
    ...(sslMode === "verify-full" && {
      PGSSLROOTCERT:
        settings.target === "kubernetes" && settings.kubernetes.database.authority ? authorityFile : "system",
    }),
  };
}

/** Needed to restore the stack besides its data: its settings and releases. Neither contains a secret. */
const manifestOf = ({ stack, settings, stable, candidate }: Backed): string =>
  JSON.stringify({
    stack,
    target: settings.target,
    settings,
    stable: [...stable.values()],
    candidate: [...candidate.values()],
  });
