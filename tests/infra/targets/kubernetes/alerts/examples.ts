import type { AlertName } from "../../../../../infra/alerts/alerts.ts";
import { edgeCases } from "../../../alerts/edge-examples.ts";
import { type Cases, sampleOf } from "../../../alerts/fixtures.ts";

const sample = sampleOf<"kubernetes">();
const namespace = "mahavishnu-prod";
const jobs = { edge: `${namespace}/edge`, services: `${namespace}/services` };

/** The part of a cluster that the cases are about. */
export const cluster = {
  namespace,
  services: ["akosha"],
  certificate: "mcp-tls",
  stores: ["databases", "check"],
} as const;

const up = (role: "stable" | "candidate", values: string) =>
  sample("up", { job: jobs.services, instance: role, service: "akosha", revision: `akosha-${role}`, role }, values);
const edge = (values: string) => sample("up", { job: jobs.edge, instance: "edge", service: "edge" }, values);
const edges = sample(
  "envoy_server_days_until_first_cert_expiring",
  { job: jobs.edge, instance: "edge" },
  "4294967295x90",
);
const pod = { namespace, pod: "akosha-0123456789-x", container: "akosha" };
const memory = (used: string, labels = {}) => [
  sample("container_memory_working_set_bytes", { ...pod, ...labels }, used),
  sample("kube_pod_container_resource_limits", { ...pod, resource: "memory", unit: "byte", ...labels }, "100x90"),
  sample("kube_pod_container_resource_limits", { ...pod, resource: "cpu", unit: "core", ...labels }, "1x90"),
];
const claim = { namespace, persistentvolumeclaim: "session-buddy-data" };
const volume = (free: string) => [
  sample("kubelet_volume_stats_available_bytes", claim, free),
  sample("kubelet_volume_stats_capacity_bytes", claim, "100x90"),
];
const ends = (values: string, where: object = { namespace: "cert-manager", exported_namespace: namespace }) =>
  sample(
    "certmanager_certificate_expiration_timestamp_seconds",
    { name: "mcp-tls", issuer_name: "acme", ...where },
    values,
  );
const others = { namespace: "cert-manager", exported_namespace: "mahavishnu-staging" };
const saved = (cronjob: string, values: string) =>
  sample("kube_cronjob_status_last_successful_time", { namespace, cronjob }, values);
const begun = (cronjob: string, values: string) =>
  sample("kube_cronjob_status_last_schedule_time", { namespace, cronjob }, values);
const DAY = 86_400;

/** When each alert fires in a cluster, and when it does not. */
export const kubernetesCases: Cases<AlertName> = {
  ...edgeCases(jobs.edge),
  ServiceDown: {
    fires: [
      {
        title: "stable does not answer",
        given: [up("stable", "1x5 0x5"), up("candidate", "1x10"), edge("1x10")],
        ...{ every: "1m", at: "8m", firing: [{ service: "akosha" }] },
      },
      {
        title: "its pods are gone, and so are the edge's",
        given: [up("stable", "1x2 stale"), edge("1x2 stale")],
        ...{ every: "1m", at: "8m", firing: [{ service: "akosha" }, { service: "edge" }] },
      },
    ],
    silent: [
      {
        title: "one of two pods answers, and a candidate does not",
        given: [up("stable", "1x10"), { ...up("stable", "0x10") }, up("candidate", "0x10"), edge("1x10")].map(
          (one, i) => (i === 1 ? { ...one, series: one.series.replace('instance="stable"', 'instance="other"') } : one),
        ),
        ...{ every: "1m", at: "8m", firing: [] },
      },
    ],
  },
  NoData: {
    fires: [
      {
        title: "another namespace's series are not ours",
        given: [edges, ...memory("1x90", { namespace: "other" })],
        ...{ every: "1m", at: "20m", firing: [{ exporter: "kubelet" }, { exporter: "kube-state-metrics" }] },
      },
    ],
    silent: [{ title: "all tell", given: [edges, ...memory("1x90")], every: "1m", at: "20m", firing: [] }],
  },
  MemoryHigh: {
    fires: [
      {
        title: "85 of 100 bytes are used",
        given: memory("85x30"),
        ...{ every: "1m", at: "20m", firing: [{ pod: pod.pod, container: pod.container }] },
      },
    ],
    silent: [
      { title: "75 of 100 bytes are used", given: memory("75x30"), every: "1m", at: "20m", firing: [] },
      {
        title: "there is no limit",
        given: memory("85x30").slice(0, 1),
        ...{ every: "1m", at: "20m", firing: [] },
      },
    ],
  },
  DiskFull: {
    fires: [
      {
        title: "15 of 100 bytes are free",
        given: volume("15x30"),
        ...{ every: "1m", at: "20m", firing: [{ persistentvolumeclaim: claim.persistentvolumeclaim }] },
      },
    ],
    silent: [{ title: "25 of 100 bytes are free", given: volume("25x30"), every: "1m", at: "20m", firing: [] }],
  },
  CertificateExpiry: {
    fires: [
      {
        title: "13 days are left",
        given: [ends(`${13 * DAY}x130`)],
        ...{ every: "5m", at: "620m", firing: [{ name: "mcp-tls" }] },
      },
      {
        title: "13 days are left, and another stack's of the same name has more",
        given: [ends(`${13 * DAY}x130`), ends(`${90 * DAY}x130`, others)],
        ...{ every: "5m", at: "620m", firing: [{ name: "mcp-tls" }] },
      },
      {
        title: "13 days are left, where the scrape honours cert-manager's own labels",
        given: [ends(`${13 * DAY}x130`, { namespace }), ends(`${90 * DAY}x130`, { namespace: "mahavishnu-staging" })],
        ...{ every: "5m", at: "620m", firing: [{ name: "mcp-tls" }] },
      },
      {
        title: "nobody tells but of another certificate, and of another stack's",
        given: [ends(`${90 * DAY}x130`, { name: "other", namespace }), ends(`${90 * DAY}x130`, others)],
        ...{ every: "5m", at: "620m", firing: [{ name: "mcp-tls" }] },
      },
    ],
    silent: [
      {
        title: "15 days are left, and another stack's of the same name has fewer",
        given: [ends(`${15 * DAY}x130`), ends(`${3 * DAY}x130`, others)],
        ...{ every: "5m", at: "620m", firing: [] },
      },
      {
        title: "15 days are left, honoured",
        given: [ends(`${15 * DAY}x130`, { namespace })],
        every: "5m",
        at: "620m",
        firing: [],
      },
    ],
  },
  BackupFailed: {
    fires: [
      {
        title: "the last run has not succeeded",
        given: [begun("backup-check", `0x10 ${600}x90`), saved("backup-check", "60x100")],
        ...{ every: "1m", at: "80m", firing: [{ store: "check" }] },
      },
      {
        title: "one has never succeeded",
        given: [
          begun("backup-check", `0x10 ${600}x90`),
          begun("backup-databases", "0x100"),
          saved("backup-databases", "60x100"),
        ],
        ...{ every: "1m", at: "80m", firing: [{ store: "check" }] },
      },
    ],
    silent: [
      {
        title: "it has succeeded in half an hour",
        given: [begun("backup-check", "0x10 600x90"), saved("backup-check", "60x40 2400x60")],
        ...{ every: "1m", at: "80m", firing: [] },
      },
      {
        title: "none was due yet",
        given: [edge("1x100")],
        ...{ every: "1m", at: "80m", firing: [] },
      },
      {
        title: "another CronJob is not ours to judge",
        given: [begun("reports", "0x10 600x90"), saved("reports", "60x100")],
        ...{ every: "1m", at: "80m", firing: [] },
      },
    ],
  },
  BackupOld: {
    fires: [
      {
        title: "one is 26 hours old, the other was never made",
        given: [saved("backup-databases", "0x60")],
        ...{ every: "30m", at: "26h", firing: [{ store: "databases" }, { store: "check" }] },
      },
    ],
    silent: [
      {
        title: "both succeed each day",
        given: [saved("backup-databases", `0x48 ${DAY}x48`), saved("backup-check", `3600x50 ${DAY + 3600}x48`)],
        ...{ every: "30m", at: "26h", firing: [] },
      },
    ],
  },
  DeadMan: {
    fires: [{ title: "something of ours is watched", given: [edge("1x5")], every: "1m", at: "1m", firing: [{}] }],
    silent: [
      {
        title: "nothing of ours is",
        given: [sample("up", { job: "other/edge", instance: "edge" }, "1x5")],
        ...{ every: "1m", at: "1m", firing: [] },
      },
    ],
  },
};
