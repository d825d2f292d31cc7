import { type Backed, backupJobs } from "../../../backups/jobs.ts";
import { settingsOf } from "../../../config/settings.ts";
import { pairsOf } from "../../../deployment.ts";
import { namespaceOf } from "../../../names.ts";
import type { ClusterScope } from "./conditions.ts";

/** What a deployment's alerts cover in a cluster. */
export const clusterScope = (deployment: Backed): ClusterScope => ({
  namespace: namespaceOf(deployment.stack),
  services: [...pairsOf(deployment).keys()],
  certificate: settingsOf(deployment.settings, "kubernetes", "the stack's settings").certificateSecret,
  stores: backupJobs(deployment, "kubernetes").map(({ name }) => name),
});
