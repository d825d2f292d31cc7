import { jwksCluster } from "./auth.ts";
import { ENVOY_BOUNDS_MS, STATS_PREFIX } from "./counters.ts";
import type { Bootstrap } from "./envoy.ts";
import { metricsResources } from "./metrics.ts";
import { connectionLimits, overloadManager } from "./overload.ts";
import { edgePaths, FILES, watchedFile } from "./paths.ts";
import type { EdgeSettings } from "./settings.ts";

/** What Envoy starts with: where its files are, who may ask it (the owner of a socket), and how it counts latency. */
export function bootstrap(settings: EdgeSettings): Bootstrap {
  return {
    node: { id: "edge", cluster: "edge" },
    admin: {
      address: { pipe: { path: edgePaths(settings.folder).admin, mode: 0o600 } },
      ignore_global_conn_limit: true,
    },
    // Histograms appear in the admin's answers at each flush; counters are live.
    stats_flush_interval: "1s",
    stats_config: {
      histogram_bucket_settings: [{ match: { prefix: `${STATS_PREFIX}.` }, buckets: ENVOY_BOUNDS_MS }],
    },
    ...((settings.metrics || settings.auth) && { static_resources: staticResources(settings) }),
    dynamic_resources: {
      lds_config: watchedFile(settings, FILES.listeners),
      cds_config: watchedFile(settings, FILES.clusters),
    },
    overload_manager: overloadManager(),
    layered_runtime: connectionLimits(settings),
  };
}

/** What no promotion ever changes. */
function staticResources(settings: EdgeSettings) {
  const { metrics, auth } = settings;
  const { listeners = [], clusters = [] } = metrics ? metricsResources(settings, metrics) : {};
  return { listeners, clusters: [...clusters, ...(auth ? [jwksCluster(auth)] : [])] };
}
