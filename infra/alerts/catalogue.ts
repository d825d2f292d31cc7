import type { Target } from "../../ecosystem/targets.ts";
import { FACTS } from "../../edge/outcomes.ts";

/** One series: its type, its exporter, and the labels it has where the rules evaluate it. */
export type Series = { type: "counter" | "gauge"; exporter: string; labels: readonly string[] };

/** Prometheus itself, about each of its scrapes. Our scrape jobs add the last three labels. */
const prometheus = {
  up: { type: "gauge", exporter: "prometheus", labels: ["job", "instance", "service", "revision", "role"] },
} as const satisfies Record<string, Series>;

/** Our Envoy: its stats access loggers (`edge/counters.ts`) and its own statistics. The scrape adds `service` and `outcome`. */
const edge = {
  envoy_edge_requests: {
    type: "counter",
    exporter: "edge",
    labels: ["job", "instance", "service", "outcome", "revision", "client", ...FACTS],
  },
  /** 4294967295 where the edge has no certificate. */
  envoy_server_days_until_first_cert_expiring: { type: "gauge", exporter: "edge", labels: ["job", "instance"] },
} as const satisfies Record<string, Series>;

const filesystem = ["job", "instance", "device", "fstype", "mountpoint"] as const;
const nodeExporter = {
  node_filesystem_avail_bytes: { type: "gauge", exporter: "node-exporter", labels: filesystem },
  node_filesystem_size_bytes: { type: "gauge", exporter: "node-exporter", labels: filesystem },
  /** Memory available without swapping, reclaimable page cache included. */
  node_memory_MemAvailable_bytes: { type: "gauge", exporter: "node-exporter", labels: ["job", "instance"] },
  node_memory_MemTotal_bytes: { type: "gauge", exporter: "node-exporter", labels: ["job", "instance"] },
} as const satisfies Record<string, Series>;

/** From the backup script, through node-exporter's textfile collector. `store` is a store's name, or `check` or `vault`. */
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
  /** `name` is the certificate's, which must match its secret's; either of two labels has its namespace. */
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
/** Google's own, by their PromQL names: the first `/` becomes `:`, every other special character `_`. */
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
  /** A log-based metric over the backup's log lines: how many per store, and how many of them report success. */
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
  /** Reported every minute by the singletons' VM, for each stable on it (`targets/cloud-run/machine/health.sh`). */
  "custom_googleapis_com:mahavishnu_single_up": {
    type: "gauge",
    exporter: "singles",
    labels: ["monitored_resource", "instance_id", "service"],
  },
  /** Percent of its container's memory limit. */
  "custom_googleapis_com:mahavishnu_single_memory_percent": {
    type: "gauge",
    exporter: "singles",
    labels: ["monitored_resource", "instance_id", "service"],
  },
  /** Reported by that VM too, with `google-monitoring-enabled` in its metadata. */
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
 * Every series that a condition may use, by target. The servers' own metrics are not part of it: none of them exports working
 * series for requests, errors or latency, so those come from the edge or the platform.
 */
export const catalogue = {
  compose: { ...prometheus, ...edge, ...nodeExporter, ...backup },
  kubernetes: { ...prometheus, ...edge, ...cluster },
  "cloud-run": cloudMonitoring,
} as const satisfies Record<Target, Record<string, Series>>;

export type Catalogue = typeof catalogue;
