import type { ServiceName } from "../../../ecosystem/services.ts";
import { checkNamedEdge, type EdgeService, type EdgeSettings, restingPosition } from "../../../edge/settings.ts";
import type { KubernetesSettings, Settings } from "../../config/schema.ts";
import type { Pair } from "../../deployment.ts";
import { edgeFolder, edgeMetricsPort, namespaceOf } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";

/** Where an edge finds its secrets. */
export const SECRETS_FOLDER = "/etc/edge/secrets";

/** How many edges share the clients among them: enough that one can go. */
export const EDGE_REPLICAS = 2;

/**
 * The edge of a stack in a cluster. Its instances are the Services of the revisions, whose addresses only the cluster
 * knows: elsewhere they are addresses, here host names, which the agent beside each Envoy resolves.
 */
export function edgeSettings(
  stack: string,
  pairs: ReadonlyMap<ServiceName, Pair>,
  { edge, cluster }: { edge: Settings["edge"]; cluster: KubernetesSettings },
): EdgeSettings {
  const everywhere = (port: number) => ({ address: "0.0.0.0", port });
  const revision = ({ id, port }: Revision) => ({ id, endpoints: [{ address: `${id}.${namespaceOf(stack)}`, port }] });
  return {
    folder: edgeFolder,
    previewTokenFile: `${SECRETS_FOLDER}/preview-token`,
    // the services call each other through the edge, and are no clients
    limits: { ...edge.rateLimit, exempt: [cluster.network.pods], replicas: EDGE_REPLICAS },
    // the Gateway, which has a pod's address itself, and tells whom it speaks for
    trustedHops: 1,
    ...(edge.auth && { auth: edge.auth, peers: [cluster.network.pods] }),
    accessLog: "stdout",
    metrics: everywhere(edgeMetricsPort),
    services: [...pairs].map(
      ([name, { stable, candidate }]): EdgeService => ({
        name,
        listen: everywhere(stable.port),
        health: stable.health,
        stable: revision(stable),
        ...(candidate && { candidate: revision(candidate) }),
      }),
    ),
  };
}

/** The edge as long as no promotion moves its traffic, as a ConfigMap holds it. */
export const restingEdge = (settings: EdgeSettings): string =>
  `${JSON.stringify(checkNamedEdge({ settings, position: restingPosition }, "the edge of the cluster"), null, 1)}\n`;
