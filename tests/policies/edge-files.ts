/** What an Envoy edge is told, cut down to what the checks read. */
const extension = (name: string, more: object = {}) => ({
  name,
  typed_config: { "@type": `type.googleapis.com/envoy.${name}`, ...more },
});

type Limit = { max: number; perFill: number; interval: string /** Of streams, say, and of no call. */; only?: boolean };
const minute: Limit = { max: 10, perFill: 60, interval: "60s" };
const hour: Limit = { max: 1000, perFill: 1000, interval: "3600s" };

/** A file with one listener: limits, TLS, what it logs, and filters that ask who calls. */
export function listenerFile({
  name = "akosha",
  port = 8682,
  limits = [minute, hour],
  enforced = 100,
  spared = [] as number[],
  logged = ["revision", "traceparent"],
  tls = undefined as object | undefined,
  filters = [] as string[],
} = {}): string {
  const limit = ({ max, perFill, interval, only = false }: Limit) =>
    extension("extensions.filters.http.local_ratelimit.v3.LocalRateLimit", {
      rate_limits: [
        {
          actions: [
            { remote_address_match: { address_matcher: { ranges: spared.map((prefix_len) => ({ prefix_len })) } } },
            { header_value_match: { ...(!only && { expect_match: false }) } },
          ],
        },
      ],
      filter_enforced: { default_value: { numerator: enforced, denominator: "HUNDRED" } },
      descriptors: [{ token_bucket: { max_tokens: max, tokens_per_fill: perFill, fill_interval: interval } }],
    });
  const manager = extension("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    access_log: [
      extension("access_loggers.stdout", {
        log_format: { json_format: Object.fromEntries(logged.map((field) => [field, "x"])) },
      }),
    ],
    http_filters: [...limits.map(limit), ...filters.map((one) => extension(one))],
  });
  return discovery("envoy.config.listener.v3.Listener", {
    name,
    address: { socket_address: { port_value: port } },
    filter_chains: [{ filters: [manager], ...(tls && { transport_socket: { typed_config: tls } }) }],
  });
}

export function clusterFile(changes: object = {}): string {
  return discovery("envoy.config.cluster.v3.Cluster", {
    name: "akosha-1",
    outlier_detection: { consecutive_5xx: 5 },
    circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1, max_requests: 1 }] },
    ...changes,
  });
}

export function routeFile(changes: object = {}, match: object = {}): string {
  return discovery("envoy.config.route.v3.RouteConfiguration", {
    virtual_hosts: [
      {
        routes: [
          {
            match,
            route: {
              idle_timeout: "300s",
              retry_policy: { retry_on: "connect-failure", retry_back_off: { base_interval: "0.05s" } },
              ...changes,
            },
          },
          { match: {}, direct_response: { status: 404 } },
        ],
      },
    ],
  });
}

const discovery = (type: string, resource: object): string =>
  JSON.stringify({ resources: [{ "@type": `type.googleapis.com/${type}`, ...resource }] });
