import { type Listener, type StaticCluster, typed, type Untyped } from "./envoy.ts";
import { BUFFER } from "./overload.ts";
import { edgePaths } from "./paths.ts";
import type { Address, EdgeSettings } from "./settings.ts";

/** Names that no revision and no service can have. */
const ADMIN = "edge:admin";
const METRICS = "edge:metrics";

/**
 * The part of Envoy's admin interface that is reachable over the network, for scrapes and health checks:
 * `GET /stats/prometheus` and `GET /healthz`, which is 200 from when the edge serves until it drains
 * (`POST /healthcheck/fail` on the admin socket). All else of that interface can change the edge and stays on the socket.
 */
export function metricsResources({ folder }: EdgeSettings, { address, port }: Address) {
  const listener: Untyped<Listener> = {
    name: METRICS,
    address: { socket_address: { address, port_value: port } },
    enable_reuse_port: false,
    per_connection_buffer_limit_bytes: BUFFER,
    // a flood of clients is when its counters are needed
    ignore_global_conn_limit: true,
    filter_chains: [{ name: METRICS, filters: [connectionManager] }],
  };
  const cluster: StaticCluster = {
    name: ADMIN,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: ADMIN,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: edgePaths(folder).admin } } } }] }],
    },
  };
  return { listeners: [listener], clusters: [cluster] };
}

/** One path that can be read, and what is asked for it behind; all others get a 404. */
const read = (path: string, behind: string) => ({
  match: { path, headers: [{ name: ":method", string_match: { exact: "GET" } }] },
  route: { cluster: ADMIN, timeout: "5s", regex_rewrite: { pattern: { regex: "^.*$" }, substitution: behind } },
});

const connectionManager = {
  name: "envoy.filters.network.http_connection_manager",
  typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: METRICS,
    codec_type: "HTTP1",
    use_remote_address: true,
    normalize_path: true,
    max_request_headers_kb: 8,
    request_headers_timeout: "5s",
    stream_idle_timeout: "10s",
    common_http_protocol_options: { idle_timeout: "300s" },
    route_config: {
      name: METRICS,
      virtual_hosts: [
        {
          name: METRICS,
          domains: ["*"],
          routes: [read("/stats/prometheus", "/stats/prometheus"), read("/healthz", "/ready")],
        },
      ],
    },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: typed("envoy.extensions.filters.http.router.v3.Router", {}),
      },
    ],
  }),
};
