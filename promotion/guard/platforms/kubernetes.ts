import type { RouteConfiguration } from "../../../edge/envoy.ts";
import { splitOf } from "../../../edge/routes.ts";
import type { ReadStanding, Split, Standing } from "../standing.ts";

/**
 * Where to look: the ConfigMap, its annotations that say what was declared last and which files that was, and the key of
 * its data that says from which files a promoter has moved on.
 */
type Place = Record<"context" | "namespace" | "configMap" | "declared" | "resting" | "movedFrom", string>;

/**
 * Reads where the traffic of an edge in a cluster stands, from the ConfigMap that its watchers follow. Without data, or
 * with data that was moved from older files, the edge rests where it was declared. Null where there is no such ConfigMap.
 */
export function kubernetesStanding(place: Place): ReadStanding {
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
          `${where} cannot be read, so nobody knows where traffic stands: ${error.message}. Nothing was changed; see that kubectl reaches the cluster`,
        );
      });
    return found && standingOf(found.metadata?.annotations ?? {}, found.data ?? {}, place, where);
  };
}

type Texts = Record<string, string>;

function standingOf(annotations: Texts, data: Texts, { declared, resting, movedFrom }: Place, where: string): Standing {
  const read = (what: string, text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${what} of ${where} is not JSON: ${(error as Error).message}`);
    }
  };
  const rest = read(`the annotation ${declared}`, annotations[declared] ?? "{}") as Record<string, Split>;
  const files = data[movedFrom] === annotations[resting] ? Object.keys(data) : [];
  const moved = files
    .filter((file) => file.startsWith("rds-"))
    .map((file) => (read(file, data[file] as string) as { resources: [RouteConfiguration] }).resources[0]);
  return {
    declared: rest,
    live: { ...rest, ...Object.fromEntries(moved.map((routes) => [routes.name, splitOf(routes)])) },
  };
}
