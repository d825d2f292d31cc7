import { objectives } from "../../../../ecosystem/objectives.ts";
import { type AlertName, CERTIFICATE_DAYS, LEAST_FREE } from "../../../alerts/alerts.ts";
import { backupConditions } from "../../../alerts/conditions/backups.ts";
import { about, type Condition, silent } from "../../../alerts/conditions/condition.ts";
import { edgeConditions } from "../../../alerts/conditions/edge.ts";
import { above, absent, at, below, countBy, marked, maxBy, minBy, ratio, seriesOn } from "../../../alerts/promql.ts";

const on = seriesOn<"compose">();

/** The Prometheus scrape jobs on a Docker host. */
export const jobs = {
  edge: "edge",
  services: "services",
  node: "node",
  alertmanager: "alertmanager",
} as const;

/** File systems that are in memory, or always full. */
const NO_DISKS = ["tmpfs", "ramfs", "overlay", "squashfs", "iso9660", "autofs", "nsfs", "fuse.lxcfs"];

/** A stack's part of a host: the stores that are backed up daily. */
export type HostScope = { stores: readonly string[] };

/** When each alert fires on a Docker host. */
export function composeConditions({ stores }: HostScope): Record<AlertName, Condition> {
  const disk = ["instance", "device"] as const;
  return {
    ...edgeConditions(jobs.edge),
    ServiceDown: about(
      "service",
      at(maxBy(["service"], on("up", { job: [jobs.edge, jobs.services], role: { not: "candidate" } })), 0),
    ),
    NoData: silent({
      edge: on("envoy_server_days_until_first_cert_expiring"),
      "node-exporter": on("node_filesystem_avail_bytes"),
    }),
    // an exporter for single containers would need root and Docker's socket
    MemoryHigh: about(
      "machine",
      marked(
        "machine",
        "host",
        below(
          ratio(on("node_memory_MemAvailable_bytes"), on("node_memory_MemTotal_bytes")),
          Number((1 - objectives.memoryRatio).toPrecision(6)),
        ),
      ),
    ),
    DiskFull: about(
      "device",
      below(
        minBy(
          disk,
          ratio(
            on("node_filesystem_avail_bytes", { fstype: { not: NO_DISKS } }),
            above(on("node_filesystem_size_bytes", { fstype: { not: NO_DISKS } }), 0),
          ),
        ),
        LEAST_FREE,
      ),
    ),
    CertificateExpiry: about(
      "instance",
      below(maxBy(["instance"], on("envoy_server_days_until_first_cert_expiring")), CERTIFICATE_DAYS),
    ),
    ...backupConditions({
      success: maxBy(["store"], on("mahavishnu_backup_success")),
      lastSuccess: maxBy(["store"], on("mahavishnu_backup_last_success_timestamp_seconds")),
      missing: stores.map((store) =>
        maxBy(["store"], absent(on("mahavishnu_backup_last_success_timestamp_seconds", { store }))),
      ),
    }),
    DeadMan: { expression: countBy([], on("up")).text },
  };
}
