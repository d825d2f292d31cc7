import { objectives } from "../../../../ecosystem/objectives.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import { type AlertName, CERTIFICATE_DAYS, LEAST_FREE } from "../../../alerts/alerts.ts";
import { backupConditions } from "../../../alerts/conditions/backups.ts";
import { about, type Condition, silent } from "../../../alerts/conditions/condition.ts";
import { edgeConditions } from "../../../alerts/conditions/edge.ts";
import {
  above,
  absent,
  at,
  below,
  countBy,
  marked,
  maxBy,
  or,
  ratio,
  secondsUntil,
  seriesOn,
} from "../../../alerts/promql.ts";

const on = seriesOn<"kubernetes">();

/** A stack's part of a cluster: `certificate` is the Gateway's, `stores` are those in `recordings.ts`. */
export type ClusterScope = {
  namespace: string;
  services: readonly ServiceName[];
  certificate: string;
  stores: readonly string[];
};

/** The names of a stack's scrape jobs in a cluster, which all stacks share. */
export const jobsIn = (namespace: string) =>
  ({ edge: `${namespace}/edge`, services: `${namespace}/services` }) as const;

/** When each alert fires in a cluster. Metrics of pods, volumes and jobs come from the cluster's own exporters. */
export function kubernetesConditions({
  namespace,
  services,
  certificate,
  stores,
}: ClusterScope): Record<AlertName, Condition> {
  const jobs = jobsIn(namespace);
  const container = ["pod", "container"] as const;
  const claim = ["persistentvolumeclaim"] as const;
  const expiry = (where: { namespace: string } | { exported_namespace: string }) =>
    maxBy(["name"], on("certmanager_certificate_expiration_timestamp_seconds", { name: certificate, ...where }));
  // the pod's namespace overrides cert-manager's own label unless its scrape sets honorLabels
  const ends = or(expiry({ exported_namespace: namespace }), expiry({ namespace }));
  const stable = { job: jobs.services, role: "stable" } as const;
  return {
    ...edgeConditions(jobs.edge),
    ServiceDown: about(
      "service",
      or(
        at(maxBy(["service"], on("up", { job: Object.values(jobs), role: { not: "candidate" } })), 0),
        // a deleted pod is no longer scraped
        maxBy(["service"], absent(on("up", { job: jobs.edge, service: "edge" }))),
        ...services.map((service) => maxBy(["service"], absent(on("up", { ...stable, service })))),
      ),
    ),
    NoData: silent({
      edge: on("envoy_server_days_until_first_cert_expiring", { job: jobs.edge }),
      kubelet: on("container_memory_working_set_bytes", { namespace }),
      "kube-state-metrics": on("kube_pod_container_resource_limits", { namespace }),
    }),
    MemoryHigh: about(
      "pod",
      above(
        ratio(
          maxBy(container, on("container_memory_working_set_bytes", { namespace, container: { not: ["", "POD"] } })),
          above(maxBy(container, on("kube_pod_container_resource_limits", { namespace, resource: "memory" })), 0),
        ),
        objectives.memoryRatio,
      ),
    ),
    DiskFull: about(
      "persistentvolumeclaim",
      below(
        ratio(
          maxBy(claim, on("kubelet_volume_stats_available_bytes", { namespace })),
          above(maxBy(claim, on("kubelet_volume_stats_capacity_bytes", { namespace })), 0),
        ),
        LEAST_FREE,
      ),
    ),
    CertificateExpiry: about(
      "name",
      or(below(secondsUntil(ends), CERTIFICATE_DAYS * 86_400), marked("name", certificate, absent(ends))),
    ),
    ...backupConditions({
      success: maxBy(["store"], on("mahavishnu_backup_success", { namespace })),
      lastSuccess: maxBy(["store"], on("mahavishnu_backup_last_success_timestamp_seconds", { namespace })),
      missing: stores.map((store) =>
        maxBy(["store"], absent(on("mahavishnu_backup_last_success_timestamp_seconds", { namespace, store }))),
      ),
    }),
    DeadMan: { expression: countBy([], on("up", { job: Object.values(jobs) })).text },
  };
}
