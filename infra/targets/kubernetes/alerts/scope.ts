import { type Backed, backupJobs } from "../../../backups/jobs.ts";
import { pairsOf } from "../../../deployment.ts";
import { namespaceOf } from "../../../names.ts";
import type { ClusterScope } from "./conditions.ts";

/** What a deployment's alerts cover in a cluster. */
export const clusterScope = (deployment: Backed<"kubernetes">): ClusterScope => ({
  namespace: namespaceOf(deployment.stack),
  services: [...pairsOf(deployment).keys()],
  certificate: deployment.settings.kubernetes.certificateSecret,
  stores: backupJobs(deployment).map(({ name }) => name),
});
