import type { OthersImages } from "../../../ecosystem/images.ts";
import { receiverSecrets } from "../../alerts/notification-routes.ts";
import { type ComposeDeployment, pairsOf } from "../../deployment.ts";
import { edgeMetricsPort, named } from "../../names.ts";
import type { Addresses } from "./addresses.ts";
import { alertmanagerFiles } from "./alerts/alertmanager.ts";
import { prometheusFiles, type Scrapes } from "./alerts/prometheus.ts";
import { hostScope } from "./alerts/scope.ts";
import { backupSeries } from "./backups/backups.ts";
import { seriesFolder } from "./backups/containers.ts";
import type { ComposeContainer } from "./container.ts";
import { started } from "./start.ts";

/** The user of the Prometheus images: `nobody`. */
const NOBODY = "65534:65534";

const PORTS = { prometheus: 9090, alertmanager: 9093, "node-exporter": 9100 } as const;
type Watcher = keyof typeof PORTS;

type MonitoringDeployment = Pick<ComposeDeployment, "stack" | "settings" | "stable" | "candidate">;

/** A stack's monitoring on its host: Prometheus, node-exporter and Alertmanager. */
export function monitoringContainers(
  asked: MonitoringDeployment,
  images: OthersImages,
  addresses: Addresses,
  after: readonly string[],
): ComposeContainer[] {
  const { stack, settings } = asked;
  const watcher = (key: Watcher, healthy: string) => ({
    key,
    name: named(stack, key),
    user: NOBODY,
    network: { address: addresses.of(key), aliases: [key] },
    cpu: 0.5,
    processes: 128,
    health: {
      test: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${PORTS[key]}${healthy}`],
      startSeconds: 30,
    },
    stopSeconds: 30,
    after,
  });
  const alertmanager = watcher("alertmanager", "/-/healthy");
  return [
    {
      ...alertmanager,
      image: images.alertmanager,
      ...inFolder(
        "/etc/alertmanager",
        alertmanagerFiles(settings.alerts, (secret) => `/run/secrets/${secret}`),
        [
          "/bin/alertmanager",
          "--config.file=/etc/alertmanager/alertmanager.yml",
          "--storage.path=/alertmanager",
          "--cluster.listen-address=",
        ],
      ),
      secrets: receiverSecrets(settings.alerts),
      mounts: [{ path: "/alertmanager", volume: { key: "alertmanager-data", keeps: false } }],
      // its receivers are external
      network: { ...alertmanager.network, outside: true },
      memoryMi: 256,
    },
    {
      ...watcher("node-exporter", "/"),
      image: images.nodeExporter,
      entrypoint: ["/bin/node_exporter"],
      command: ["--path.rootfs=/host", `--collector.textfile.directory=${seriesFolder}`],
      mounts: [
        { path: "/host", folder: "/", readOnly: true },
        { path: seriesFolder, volume: backupSeries, readOnly: true },
      ],
      memoryMi: 128,
    },
    {
      ...watcher("prometheus", "/-/healthy"),
      image: images.prometheus,
      ...inFolder(
        "/etc/prometheus",
        prometheusFiles({ stack, host: hostScope(asked), scrapes: scrapesOf(asked, addresses) }),
        ["/bin/prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
      ),
      mounts: [{ path: "/prometheus", volume: { key: "prometheus-data", keeps: false } }],
      cpu: 1,
      memoryMi: 1024,
    },
  ];
}

/** A command with configuration files in a folder of their own. */
const inFolder = (folder: string, files: Record<string, string>, command: string[]) => ({
  ...started(command, {
    files: Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content])),
  }),
  scratch: [folder],
});

function scrapesOf({ stable, candidate }: MonitoringDeployment, addresses: Addresses): Scrapes {
  const at = (watcher: Watcher) => `${watcher}:${PORTS[watcher]}`;
  return {
    edge: `edge:${edgeMetricsPort}`,
    revisions: [...pairsOf({ stable, candidate }).values()].flatMap((pair) => {
      const hosts = addresses.ofPair(pair);
      return [
        { revision: pair.stable, role: "stable" as const, host: hosts.stable },
        ...(pair.candidate && hosts.candidate
          ? [{ revision: pair.candidate, role: "candidate" as const, host: hosts.candidate }]
          : []),
      ];
    }),
    nodeExporter: at("node-exporter"),
    alertmanager: at("alertmanager"),
  };
}
