import type { AlertName } from "../../../../../infra/alerts/alerts.ts";
import { edgeCases } from "../../../alerts/edge-examples.ts";
import { type Cases, sampleOf } from "../../../alerts/fixtures.ts";

const sample = sampleOf<"compose">();

/** The host that the cases are about. */
export const host = { stores: ["akosha-database", "session-buddy"] } as const;

const up = (service: string, role: string, values: string) =>
  sample(
    "up",
    { job: "services", instance: `${service}:8682`, service, revision: `${service}-0123456789`, role },
    values,
  );
const edge = (values: string) => sample("up", { job: "edge", instance: "edge:9902", service: "edge" }, values);
const certificate = (days: string) =>
  sample("envoy_server_days_until_first_cert_expiring", { job: "edge", instance: "edge:9902" }, days);
const filesystem = { job: "node", instance: "node-exporter:9100", device: "/dev/sda1", fstype: "ext4" };
const disk = (free: string, labels = {}) => [
  sample("node_filesystem_avail_bytes", { ...filesystem, mountpoint: "/", ...labels }, free),
  sample("node_filesystem_size_bytes", { ...filesystem, mountpoint: "/", ...labels }, "100x60"),
];
const memory = (available: string) => [
  sample("node_memory_MemAvailable_bytes", { job: "node", instance: "node-exporter:9100" }, available),
  sample("node_memory_MemTotal_bytes", { job: "node", instance: "node-exporter:9100" }, "100x30"),
];
const stored = { job: "node", instance: "node-exporter:9100", store: "akosha-database" };
const saved = (values: string, store = stored.store) =>
  sample("mahavishnu_backup_last_success_timestamp_seconds", { ...stored, store }, values);

/** When each alert fires on a Docker host, and when it does not. */
export const composeCases: Cases<AlertName> = {
  ...edgeCases("edge"),
  ServiceDown: {
    fires: [
      {
        title: "stable does not answer",
        given: [up("akosha", "stable", "1x5 0x5"), up("mahavishnu", "stable", "1x20"), edge("1x20")],
        ...{ every: "1m", at: "8m", firing: [{ service: "akosha" }] },
      },
      {
        title: "the edge does not answer",
        given: [edge("1x5 0x5")],
        every: "1m",
        at: "8m",
        firing: [{ service: "edge" }],
      },
    ],
    silent: [
      {
        title: "both answer",
        given: [up("akosha", "stable", "1x20"), edge("1x20")],
        every: "1m",
        at: "8m",
        firing: [],
      },
      {
        title: "a candidate does not answer",
        given: [up("akosha", "stable", "1x20"), up("akosha", "candidate", "0x20"), edge("1x20")],
        ...{ every: "1m", at: "8m", firing: [] },
      },
    ],
  },
  NoData: {
    fires: [
      {
        title: "one of two exporters is silent",
        given: [certificate("100x30")],
        ...{ every: "1m", at: "20m", firing: [{ exporter: "node-exporter" }] },
      },
    ],
    silent: [
      {
        title: "all tell",
        given: [certificate("100x30"), ...disk("50x30")],
        ...{ every: "1m", at: "20m", firing: [] },
      },
    ],
  },
  MemoryHigh: {
    fires: [
      {
        title: "85 of the host's 100 bytes are used",
        given: memory("15x30"),
        ...{ every: "1m", at: "20m", firing: [{ machine: "host" }] },
      },
    ],
    silent: [
      { title: "75 of 100 bytes are used", given: memory("25x30"), every: "1m", at: "20m", firing: [] },
      { title: "85 are used, for five minutes", given: memory("25x10 15x5 25x15"), every: "1m", at: "15m", firing: [] },
    ],
  },
  DiskFull: {
    fires: [
      {
        title: "15 of 100 bytes are free",
        given: [...disk("15x30"), ...disk("15x30", { mountpoint: "/var/lib/docker" })],
        ...{ every: "1m", at: "20m", firing: [{ instance: filesystem.instance, device: "/dev/sda1" }] },
      },
    ],
    silent: [
      { title: "25 of 100 bytes are free", given: disk("25x30"), every: "1m", at: "20m", firing: [] },
      {
        title: "an image is always full",
        given: disk("0x30", { fstype: "squashfs" }),
        every: "1m",
        at: "20m",
        firing: [],
      },
    ],
  },
  CertificateExpiry: {
    fires: [
      {
        title: "13 days are left",
        given: [certificate("13x130")],
        ...{ every: "5m", at: "620m", firing: [{ instance: "edge:9902" }] },
      },
    ],
    silent: [
      { title: "15 days are left", given: [certificate("15x130")], every: "5m", at: "620m", firing: [] },
      {
        title: "the edge has no certificate",
        given: [certificate("4294967295x130")],
        every: "5m",
        at: "620m",
        firing: [],
      },
    ],
  },
  BackupFailed: {
    fires: [
      {
        title: "the last run failed",
        given: [sample("mahavishnu_backup_success", stored, "1x10 0x100")],
        ...{ every: "1m", at: "80m", firing: [{ store: "akosha-database" }] },
      },
    ],
    silent: [
      {
        title: "the second run succeeded",
        given: [sample("mahavishnu_backup_success", stored, "0x30 1x100")],
        ...{ every: "1m", at: "80m", firing: [] },
      },
    ],
  },
  BackupOld: {
    fires: [
      {
        title: "one of two is 26 hours old",
        given: [saved("0x60"), saved("0x48 86400x48", "session-buddy")],
        ...{ every: "30m", at: "26h", firing: [{ store: "akosha-database" }] },
      },
      {
        title: "one of two was never saved",
        given: [saved("0x90")],
        ...{ every: "1m", at: "80m", firing: [{ store: "session-buddy" }] },
      },
    ],
    silent: [
      {
        title: "both are 22 hours old",
        given: [saved("0x60"), saved("0x60", "session-buddy")],
        ...{ every: "30m", at: "22h", firing: [] },
      },
      {
        title: "each day both are saved",
        given: [saved("0x48 86400x48"), saved("0x48 86400x48", "session-buddy")],
        ...{ every: "30m", at: "26h", firing: [] },
      },
    ],
  },
  DeadMan: {
    fires: [{ title: "something is watched", given: [edge("1x5")], every: "1m", at: "1m", firing: [{}] }],
    silent: [{ title: "nothing is", given: [certificate("1x5")], every: "1m", at: "1m", firing: [] }],
  },
};
