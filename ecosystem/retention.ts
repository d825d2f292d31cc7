/** How long things are kept. Backup and log numbers are the recovery and maintenance guides'. */
export const retention = {
  /** Backups: the newest of each day, ISO week and month. */
  backups: { daily: 30, weekly: 12, monthly: 6 },
  /** Days after which a log line is gone. */
  logDays: 90,
  /** Rotated log files of one container. */
  logFiles: 30,
  /** Days after which a secret is due for rotation. */
  secretDays: 90,
} as const;

/** When the regular work happens: cron expressions in UTC, from the maintenance guide. */
export const schedules = {
  backup: "0 2 * * *",
  /** After the backup has had an hour: its repository is checked and what is past its time is forgotten. */
  backupCheck: "0 3 * * *",
  /** After both, what the repository then holds is copied into the vault. */
  backupVault: "0 4 * * *",
} as const;

/** The hour in which a resource may be maintained by its platform: Sunday 11:30 UTC is the guide's database maintenance. */
export const maintenanceWindow = { day: "SUNDAY", cronDay: 0, isoDay: 7, hour: 11, minute: 30 } as const;
