import { parseJsonOf } from "../../../ecosystem/json.ts";
import { DECLARED_ANNOTATION, decodeDeclared } from "../../../edge/declared-split.ts";
import { splitsOf } from "../../../edge/routes.ts";
import { checkNamedEdge } from "../../../edge/settings.ts";
import { TRAFFIC_CONFIG_MAP } from "../../../edge/traffic-config-map.ts";
import type { ReadTrafficState, TrafficState } from "../../traffic-state.ts";

/**
 * Reads the traffic state of an edge in a cluster from the ConfigMap that its agents follow. Without data, or with data moved
 * from an older edge, it is at its declared resting position. Null when there is no such ConfigMap.
 */
export function kubernetesTrafficState(place: Record<"context" | "namespace" | "configMap", string>): ReadTrafficState {
  const { context, namespace, configMap } = place;
  return async () => {
    // takes half a second to load: only deployments to a cluster pay for it
    const { ApiException, CoreV1Api, KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromDefault();
    config.setCurrentContext(context);
    const where = `the ConfigMap ${configMap} in ${namespace} of ${context}`;
    const found = await config
      .makeApiClient(CoreV1Api)
      .readNamespacedConfigMap({ name: configMap, namespace })
      .catch((error: Error) => {
        if (error instanceof ApiException && error.code === 404) return null;
        throw new Error(
          `${where} cannot be read, so the traffic split is unknown: ${error.message}. Check that kubectl can reach the cluster: kubectl --context ${context} --namespace ${namespace} get configmap ${configMap}`,
        );
      });
    return found && trafficStateOf(found.metadata?.annotations ?? {}, found.data ?? {}, where);
  };
}

type Texts = Record<string, string>;

function trafficStateOf(annotations: Texts, data: Texts, where: string): TrafficState {
  const { restingAnnotation, edge, resting } = TRAFFIC_CONFIG_MAP;
  const declared = decodeDeclared(
    annotations[DECLARED_ANNOTATION] ?? "{}",
    `the annotation ${DECLARED_ANNOTATION} of ${where}`,
  );
  if (data[resting] === undefined || data[resting] !== annotations[restingAnnotation]) {
    return { declared, live: declared };
  }
  const key = `${edge} of ${where}`;
  const live = splitsOf(checkNamedEdge(parseJsonOf(data[edge] ?? "", key), key));
  return { declared, live: { ...declared, ...live } };
}
