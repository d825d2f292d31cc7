import { databaseOf } from "../release/addresses.ts";
import type { Backed, BackupJob } from "./jobs.ts";

/** The stores of a job as its script names them (`images/backup/backup.sh`). */
export const storesOf = ({ action, manifest, databases, volumes }: BackupJob, { settings }: Backed): string[] =>
  action === "save"
    ? [
        ...(manifest ? ["settings"] : []),
        ...databases.map((name) => `${databaseOf(name, settings).name}-database`),
        ...volumes,
      ]
    : [action];
