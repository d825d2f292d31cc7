import type { RouteConfiguration } from "../../../edge/envoy.ts";
import { splitOf } from "../../../edge/routes.ts";
import type { ReadStanding, Split } from "../standing.ts";

/** The annotation of the promoter's ConfigMap that says what was declared last. */
export const DECLARED = "mahavishnu.dev/declared";

/**
 * Reads where the traffic of an edge in a cluster stands, from the ConfigMap that its watchers follow. One without data
 * means that nobody has moved it: the edge rests where it was declared. Null where there is no such ConfigMap.
 */
export function kubernetesStanding({
  context,
  namespace,
  configMap,
}: Record<"context" | "namespace" | "configMap", string>): ReadStanding {
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
    return found && standingOf(found.metadata?.annotations?.[DECLARED], found.data ?? {}, where);
  };
}

function standingOf(annotation: string | undefined, data: Record<string, string>, where: string) {
  const read = (what: string, text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${what} of ${where} is not JSON: ${(error as Error).message}`);
    }
  };
  const declared = read(`the annotation ${DECLARED}`, annotation ?? "{}") as Record<string, Split>;
  const moved = Object.keys(data)
    .filter((file) => file.startsWith("rds-"))
    .map((file) => (read(file, data[file] as string) as { resources: [RouteConfiguration] }).resources[0]);
  return {
    declared,
    live: { ...declared, ...Object.fromEntries(moved.map((routes) => [routes.name, splitOf(routes)])) },
  };
}
