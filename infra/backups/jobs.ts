import { schedules } from "../../ecosystem/retention.ts";
import type { Secret } from "../../ecosystem/secrets.ts";
import type { ServiceName } from "../../ecosystem/services.ts";
import type { Target } from "../../ecosystem/targets.ts";
import type { SettingsOn } from "../config/schema.ts";
import { type Deployment, pairsOf } from "../deployment.ts";
import type { Revision } from "../release/revision.ts";
import { type BackupIdentity, backupLocationsOf } from "./locations.ts";

/**
 * A scheduled backup job of a stack: backs up stores, checks the repository and prunes expired backups, or copies the
 * repository into the vault. It runs `images/backup/backup.sh`.
 */
export type BackupJob = {
  /** Its name on the platform is `backup-<name>`. */
  name: string;
  action: "save" | "check" | "vault";
  /** A cron expression, in UTC. */
  schedule: string;
  identity: BackupIdentity;
  /** Its stores: the volumes of single writers, and databases, each of one service. */
  volumes: ServiceName[];
  databases: SavedDatabase[];
  /** True if it also backs up the settings and the release. */
  manifest: boolean;
  /** The secrets it reads from files. */
  secrets: Secret[];
};

/** The database of a service's stable. */
export type SavedDatabase = NonNullable<Revision["database"]>;

/** The inputs from which a stack's jobs are derived. */
export type Backed<T extends Target = Target> = Pick<Deployment<T>, "stack" | "settings" | "stable" | "candidate">;

/**
 * The backup jobs of a stack on a target. A job covers the stores that are reachable from one place: all of them on a Docker
 * host; on Cloud Run the databases, and the volumes on the VM; in a cluster each volume at its one pod. Before a stack's first
 * release there is nothing to back up.
 */
export function backupJobs(backed: Backed): BackupJob[] {
  const pairs = [...pairsOf(backed)];
  const volumes = pairs.filter(([, { stable }]) => stable.sessions === "single").map(([name]) => name);
  const databases = pairs.flatMap(([, { stable }]) => stable.database ?? []);
  const { settings } = backed;
  const save = (name: string, what: { volumes?: ServiceName[]; databases?: SavedDatabase[] }): BackupJob => ({
    ...{ volumes: [], databases: [], ...what },
    ...{ name, action: "save", schedule: schedules.backup, identity: "writer", manifest: what.databases !== undefined },
    secrets: [
      "restic-password",
      ...(what.databases ?? []).map(({ password }) => password),
      ...credentials("writer", settings),
    ],
  });
  const saves = {
    compose: () => [save("save", { volumes, databases })],
    "cloud-run": () => [save("databases", { databases }), save("volumes", { volumes })],
    kubernetes: () => [save("databases", { databases }), ...volumes.map((name) => save(name, { volumes: [name] }))],
  }[settings.target]();
  return [
    ...saves.filter((job) => job.volumes.length + job.databases.length > 0),
    {
      ...{ name: "check", action: "check", schedule: schedules.backupCheck, identity: "pruner" },
      ...{ volumes: [], databases: [], manifest: false },
      secrets: ["restic-password", ...credentials("pruner", settings)],
    },
    {
      ...{ name: "vault", action: "vault", schedule: schedules.backupVault, identity: "copier" },
      ...{ volumes: [], databases: [], manifest: false },
      // the copy stays encrypted, so it needs no password
      secrets: credentials("copier", settings),
    },
  ];
}

/** The time at which a daily job runs, `02:00` in UTC, for timers other than cron. */
export function timeOf(schedule: string): string {
  const [, minute, hour] = /^(\d{1,2}) (\d{1,2}) \* \* \*$/.exec(schedule) ?? [];
  if (minute === undefined || hour === undefined) throw new Error(`${schedule}: not a time of every day`);
  return `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
}

/** The credentials for an external location; a path needs none, and on Google Cloud a job has its own identity. */
export function credentials(identity: BackupIdentity, settings: SettingsOn): Secret[] {
  if (settings.target === "cloud-run") return [];
  const { repository, vault } = backupLocationsOf(settings);
  const touched = identity === "copier" ? [repository, vault] : [repository];
  return touched.some(({ folder }) => folder === undefined) ? [`backup-${identity}-credentials`] : [];
}
