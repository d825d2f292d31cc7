import type { BackupJob } from "./jobs.ts";

/** The stores of a job, as named in its script (`images/backup/backup.sh`). */
export const storesOf = ({ action, manifest, databases, volumes }: BackupJob): string[] =>
  action === "save"
    ? [...(manifest ? ["settings"] : []), ...databases.map(({ name }) => `${name}-database`), ...volumes]
    : [action];
