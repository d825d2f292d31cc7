import type { ReadTrafficState, TrafficState } from "../../traffic-state.ts";
import { declaredSplits, liveSplits } from "../envoy-files/splits.ts";

/**
 * Where to look: the ConfigMap, its annotations that say what was declared last and which files that was, and the key of
 * its data that says from which files a promoter has moved on.
 */
type ConfigMapPlace = Record<"context" | "namespace" | "configMap" | "declared" | "resting" | "movedFrom", string>;

/**
 * Reads where the traffic of an edge in a cluster stands, from the ConfigMap that its watchers follow. Without data, or
 * with data that was moved from older files, the edge rests where it was declared. Null where there is no such ConfigMap.
 */
export function kubernetesTrafficState(place: ConfigMapPlace): ReadTrafficState {
  const { context, namespace, configMap } = place;
  return async () => {
    // half a second to load: only who deploys to a cluster pays it
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
          `${where} cannot be read, so nobody knows where traffic stands: ${error.message}; see that kubectl reaches the cluster`,
        );
      });
    return found && trafficStateOf(found.metadata?.annotations ?? {}, found.data ?? {}, place, where);
  };
}

type Texts = Record<string, string>;

function trafficStateOf(
  annotations: Texts,
  data: Texts,
  { declared, resting, movedFrom }: ConfigMapPlace,
  where: string,
): TrafficState {
  const rest = declaredSplits(annotations[declared] ?? "{}", `the annotation ${declared}`, where);
  const moved = data[movedFrom] === annotations[resting] ? liveSplits(data, where) : {};
  return { declared: rest, live: { ...rest, ...moved } };
}
