/** Retention. Backup and log numbers come from the recovery and maintenance guides. */
export const retention = {
  /** Backups: the newest of each day, ISO week and month. */
  backups: { daily: 30, weekly: 12, monthly: 6 },
  /** Days that logs are kept. */
  logDays: 90,
  /** Rotated log files per container. */
  logFiles: 30,
  /** Days after which a secret is due for rotation. */
  secretDays: 90,
} as const;

/** Job schedules: cron expressions in UTC, from the maintenance guide. */
export const schedules = {
  backup: "0 2 * * *",
  /** An hour after the backup: check the repository and prune expired snapshots. */
  backupCheck: "0 3 * * *",
  /** After both: copy the repository to the vault. */
  backupVault: "0 4 * * *",
} as const;

/** The platforms' maintenance window; Sunday 11:30 UTC is the guide's database maintenance. */
export const maintenanceWindow = { day: "SUNDAY", cronDay: 0, isoDay: 7, hour: 11, minute: 30 } as const;
