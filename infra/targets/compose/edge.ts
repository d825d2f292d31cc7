import { bootstrap } from "../../../edge/bootstrap.ts";
import { edgePaths, FILES } from "../../../edge/paths.ts";
import {
  checkSettings,
  type Edge,
  type EdgeService,
  type EdgeSettings,
  restingPosition,
} from "../../../edge/settings.ts";
import { fingerprint } from "../../../edge/traffic-config-map.ts";
import { type ComposeDeployment, type Pair, pairsOf } from "../../deployment.ts";
import { AGENT, edgeContainer, edgeFolder, edgeMetricsPort, named } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { type Addresses, withoutHost } from "./addresses.ts";
import { asksHttp, type ComposeContainer, type Mount, OURS, SECRETS } from "./container.ts";
import { hostnameOf } from "./outputs.ts";
import { started } from "./start.ts";

type EdgeDeployment = Pick<ComposeDeployment, "stack" | "settings" | "stable" | "candidate">;

/** The edge itself: its key, and the name by which the services call it. */
export const EDGE = "edge";
/** The container whose work puts traffic where the deployment rests. */
export const SEEDING = "edge-files";

/** Where it finds the edge to bring in force. */
const SEED_FOLDER = "/seed";

/** What a service's revisions say, each once. */
const both = ({ stable, candidate }: Pair, of: (revision: Revision) => string): string[] => [
  ...new Set([stable, ...(candidate ? [candidate] : [])].map(of)),
];

/** The names by which a host is called from itself. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** The mount point of the host's certificate: a folder, so that a renewal needs no restart. */
export const CERTIFICATES = "/etc/edge/certificates";

/** The edge of a stack on one host. It sees the services' own calls come from the stack's network, and does not limit them. */
export function edgeSettings({ settings, stable, candidate }: EdgeDeployment, addresses: Addresses): EdgeSettings {
  const pairs = pairsOf({ stable, candidate });
  const { subnet, tls } = settings.compose;
  const revision = ({ id, port }: Revision, address: string) => ({ id, endpoints: [{ address, port }] });
  return checkSettings({
    folder: edgeFolder,
    previewTokenFile: `${SECRETS}/preview-token`,
    limits: { ...settings.edge.rateLimit, exempt: withoutHost(subnet) },
    hosts: [...new Set([...LOOPBACK, EDGE, hostnameOf(settings.compose), ...settings.compose.hosts])],
    accessLog: "stdout",
    metrics: { address: addresses.of(EDGE), port: edgeMetricsPort },
    ...(tls && { tls: { certificate: `${CERTIFICATES}/tls.crt`, key: `${CERTIFICATES}/tls.key` } }),
    ...(settings.edge.auth && { auth: settings.edge.auth }),
    // each address separately: connections that Docker forwards have the host's address in the same network
    peers: [...pairs.values()].flatMap((pair) =>
      Object.values(addresses.ofPair(pair)).map((address) => `${address}/32`),
    ),
    services: [...pairs].map(([name, pair]): EdgeService => {
      const at = addresses.ofPair(pair);
      return {
        name,
        listen: { address: "0.0.0.0", port: pair.stable.port },
        health: pair.stable.health,
        forwards: {
          paths: both(pair, ({ path }) => path),
          health: both(pair, ({ health }) => health),
        },
        stable: revision(pair.stable, at.stable),
        ...(pair.candidate && at.candidate && { candidate: revision(pair.candidate, at.candidate) }),
      };
    }),
  });
}

/**
 * The edge and the seeding container, which is separate so that a changed file does not replace the edge. It writes
 * the resting position and is replaced only when that changes, so between two deployments the traffic stays where
 * a promoter put it; `up` itself is refused while it is anywhere else.
 */
export function edgeContainers(
  asked: EdgeDeployment,
  addresses: Addresses,
  after: readonly string[],
): ComposeContainer[] {
  const { stack, settings } = asked;
  const edge = edgeSettings(asked, addresses);
  const { publish, certificates } = settings.compose;
  const folder: Mount = { path: edgeFolder, volume: { key: "edge-folder", keeps: false } };
  const seed = `${SEED_FOLDER}/${FILES.settings}`;
  return [
    {
      key: SEEDING,
      name: named(stack, SEEDING),
      image: settings.promoter.image,
      user: OURS,
      ...started([...AGENT, "seed", seed], {
        files: { [seed]: JSON.stringify({ settings: edge, position: restingPosition } satisfies Edge) },
      }),
      scratch: [SEED_FOLDER],
      mounts: [folder],
      cpu: 0.5,
      memoryMi: 192,
      processes: 64,
      stopSeconds: 10,
      after,
    },
    {
      key: EDGE,
      name: edgeContainer(stack),
      image: settings.edge.image,
      user: OURS,
      // Envoy reads it only when it starts, so another one starts another edge
      environment: { EDGE_BOOTSTRAP: fingerprint(JSON.stringify(bootstrap(edge))) },
      entrypoint: ["envoy"],
      command: [
        "--config-path",
        edgePaths(edgeFolder).bootstrap,
        "--disable-hot-restart",
        "--concurrency",
        "2",
        "--log-level",
        "warning",
        // how late the samples of what failed may be
        "--file-flush-interval-msec",
        "1000",
      ],
      mounts: [folder, ...(certificates ? [{ path: CERTIFICATES, folder: certificates, readOnly: true }] : [])],
      network: { address: addresses.of(EDGE), aliases: [EDGE], outside: true },
      published: { address: publish, ports: edge.services.map(({ listen }) => listen.port) },
      cpu: 1,
      memoryMi: 512,
      processes: 256,
      secrets: ["preview-token"],
      health: { test: asksHttp(`http://${addresses.of(EDGE)}:${edgeMetricsPort}/healthz`), startSeconds: 30 },
      stopSeconds: 30,
      after: [SEEDING],
    },
  ];
}
