import type { ServiceName } from "../../../ecosystem/services.ts";
import { checkNamedEdge, type EdgeService, type EdgeSettings, restingPosition } from "../../../edge/settings.ts";
import type { KubernetesSettings, Settings } from "../../config/schema.ts";
import type { Pair } from "../../deployment.ts";
import { edgeFolder, edgeMetricsPort, gatewayPort, namespaceOf } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { EDGE, SECRETS_FOLDER } from "./edge-pod.ts";

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
    // no exemptions: services call each other on ports of their own
    limits: { ...edge.rateLimit, exempt: [], replicas: EDGE_REPLICAS },
    hosts: [...[...pairs.keys()].map((service) => hostOf(service, cluster)), ...namesInside(stack)],
    // the Gateway, which sets X-Forwarded-For
    trustedHops: 1,
    ...(edge.auth && { auth: edge.auth }),
    accessLog: "stdout",
    metrics: everywhere(edgeMetricsPort),
    services: [...pairs].map(
      ([name, { stable, candidate }]): EdgeService => ({
        name,
        listen: everywhere(gatewayPort(stable.port)),
        peersListen: everywhere(stable.port),
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

/** The name under which users find a service. */
export const hostOf = (service: ServiceName, { domain }: Pick<KubernetesSettings, "domain">) => `${service}.${domain}`;

/** The edge's names in cluster DNS. */
const namesInside = (stack: string): string[] =>
  ["", `.${namespaceOf(stack)}`, `.${namespaceOf(stack)}.svc`, `.${namespaceOf(stack)}.svc.cluster.local`].map(
    (zone) => `${EDGE}${zone}`,
  );
