import type { Target } from "../../ecosystem/targets.ts";

/** One series: what it counts like, who tells it, and the labels that it really has where the rules see it. */
export type Series = { type: "counter" | "gauge"; exporter: string; labels: readonly string[] };

/** Prometheus itself, about each of its scrapes. The last three labels are given by our scrape jobs. */
const prometheus = {
  up: { type: "gauge", exporter: "prometheus", labels: ["job", "instance", "service", "revision", "role"] },
} as const satisfies Record<string, Series>;

/** Our Envoy: its stats access loggers (`edge/counters.ts`) and its own statistics. `service` and `outcome` are given by the scrape. */
const edge = {
  envoy_edge_requests: {
    type: "counter",
    exporter: "edge",
    labels: [
      ...(["job", "instance", "service", "outcome"] as const),
      ...(["revision", "route", "code", "flags", "slow", "tool_error", "rpc_error"] as const),
    ],
  },
  /** 4294967295 where the edge has no certificate. */
  envoy_server_days_until_first_cert_expiring: { type: "gauge", exporter: "edge", labels: ["job", "instance"] },
} as const satisfies Record<string, Series>;

const filesystem = ["job", "instance", "device", "fstype", "mountpoint"] as const;
const nodeExporter = {
  node_filesystem_avail_bytes: { type: "gauge", exporter: "node-exporter", labels: filesystem },
  node_filesystem_size_bytes: { type: "gauge", exporter: "node-exporter", labels: filesystem },
  /** What could be had without swapping: page cache that can be given back counts too. */
  node_memory_MemAvailable_bytes: { type: "gauge", exporter: "node-exporter", labels: ["job", "instance"] },
  node_memory_MemTotal_bytes: { type: "gauge", exporter: "node-exporter", labels: ["job", "instance"] },
} as const satisfies Record<string, Series>;

/** Of the backups' script, by a file that node-exporter reads. `store` is what was saved, or done to what was: `check`, `vault`. */
const backup = {
  mahavishnu_backup_success: { type: "gauge", exporter: "backup", labels: ["job", "instance", "store"] },
  mahavishnu_backup_last_success_timestamp_seconds: {
    type: "gauge",
    exporter: "backup",
    labels: ["job", "instance", "store"],
  },
  mahavishnu_backup_size_bytes: { type: "gauge", exporter: "backup", labels: ["job", "instance", "store"] },
} as const satisfies Record<string, Series>;

const pod = ["namespace", "pod", "container"] as const;
const claim = ["namespace", "persistentvolumeclaim"] as const;
const cluster = {
  container_memory_working_set_bytes: { type: "gauge", exporter: "kubelet", labels: pod },
  kubelet_volume_stats_available_bytes: { type: "gauge", exporter: "kubelet", labels: claim },
  kubelet_volume_stats_capacity_bytes: { type: "gauge", exporter: "kubelet", labels: claim },
  kube_pod_container_resource_limits: {
    type: "gauge",
    exporter: "kube-state-metrics",
    labels: [...pod, "node", "resource", "unit", "uid"],
  },
  kube_cronjob_status_last_successful_time: {
    type: "gauge",
    exporter: "kube-state-metrics",
    labels: ["namespace", "cronjob"],
  },
  kube_cronjob_status_last_schedule_time: {
    type: "gauge",
    exporter: "kube-state-metrics",
    labels: ["namespace", "cronjob"],
  },
  /** `name` is the certificate's, which must be called like its secret; which namespace it is in says one of two labels. */
  certmanager_certificate_expiration_timestamp_seconds: {
    type: "gauge",
    exporter: "cert-manager",
    labels: ["name", "namespace", "exported_namespace", "issuer_name"],
  },
  /** Made by our own rules (`recordings.ts`). */
  mahavishnu_backup_success: { type: "gauge", exporter: "rules", labels: ["namespace", "store"] },
  mahavishnu_backup_last_success_timestamp_seconds: {
    type: "gauge",
    exporter: "rules",
    labels: ["namespace", "store"],
  },
} as const satisfies Record<string, Series>;

const run = ["monitored_resource", "service_name", "revision_name"] as const;
/** Google's own, by their PromQL names: the first `/` becomes `:`, every other mark `_`. */
const cloudMonitoring = {
  "run_googleapis_com:request_count": {
    type: "counter",
    exporter: "cloud-monitoring",
    labels: [...run, "response_code", "response_code_class"],
  },
  "run_googleapis_com:request_latencies_bucket": {
    type: "counter",
    exporter: "cloud-monitoring",
    labels: [...run, "response_code_class", "le"],
  },
  "run_googleapis_com:container_memory_utilizations_bucket": {
    type: "counter",
    exporter: "cloud-monitoring",
    labels: [...run, "le"],
  },
  "run_googleapis_com:container_instance_count": {
    type: "gauge",
    exporter: "cloud-monitoring",
    labels: [...run, "state"],
  },
  /** A metric of the backup's log lines: how many there were of a store, and how many of them said success. */
  "logging_googleapis_com:user_mahavishnu_backup_success_count": {
    type: "counter",
    exporter: "backup",
    labels: ["monitored_resource", "store"],
  },
  "logging_googleapis_com:user_mahavishnu_backup_success_sum": {
    type: "counter",
    exporter: "backup",
    labels: ["monitored_resource", "store"],
  },
  /** DeclaredResource each minute by the machine of the single services of each stable there (`targets/cloud-run/machine/health.sh`). */
  "custom_googleapis_com:mahavishnu_single_up": {
    type: "gauge",
    exporter: "singles",
    labels: ["monitored_resource", "instance_id", "service"],
  },
  /** Of what its container may have at most. */
  "custom_googleapis_com:mahavishnu_single_memory_percent": {
    type: "gauge",
    exporter: "singles",
    labels: ["monitored_resource", "instance_id", "service"],
  },
  /** DeclaredResource by that machine too, with `google-monitoring-enabled` in its metadata. */
  "compute_googleapis_com:guest_disk_bytes_used": {
    type: "gauge",
    exporter: "cloud-monitoring",
    labels: ["monitored_resource", "instance_id", "device_name", "state"],
  },
  "cloudsql_googleapis_com:database_disk_utilization": {
    type: "gauge",
    exporter: "cloud-monitoring",
    labels: ["monitored_resource", "database_id"],
  },
  "monitoring_googleapis_com:uptime_check_check_passed": {
    type: "gauge",
    exporter: "cloud-monitoring",
    labels: ["monitored_resource", "check_id", "checker_location", "host"],
  },
  "monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires": {
    type: "gauge",
    exporter: "cloud-monitoring",
    labels: ["monitored_resource", "check_id", "checker_location", "host"],
  },
} as const satisfies Record<string, Series>;

/**
 * Every series that a rule may ask, by the target it is there on. What the servers export themselves is no part of it:
 * none of them has a working series of requests, errors or latency, so those come from the edge or the platform.
 */
export const catalogue = {
  compose: { ...prometheus, ...edge, ...nodeExporter, ...backup },
  kubernetes: { ...prometheus, ...edge, ...cluster },
  "cloud-run": cloudMonitoring,
} as const satisfies Record<Target, Record<string, Series>>;

export type Catalogue = typeof catalogue;
