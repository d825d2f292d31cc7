/**
 * The parts of Envoy's v3 API that the edge is made of, as plain JSON. Names and units are Envoy's own:
 * durations are strings of seconds, wrapped numbers are plain numbers.
 */

/** A message that carries its own type, as every extension and every xDS resource does. */
export type Typed = { "@type": string };

/** Puts a message's type in front of it: `typed("envoy.config.cluster.v3.Cluster", {...})`. */
export const typed = <Body extends object>(type: string, body: Body): Typed & Body => ({
  "@type": `type.googleapis.com/${type}`,
  ...body,
});

/** A named extension: a filter, an access logger, a session state. */
export type Extension = { name: string; typed_config: Typed };

export type SocketAddress = { socket_address: { address: string; port_value: number } };

/** One xDS file. */
export type Discovery<Resource> = { resources: Resource[] };

/** Where Envoy finds a resource: a file, read again whenever a file in the watched directory is replaced. */
export type ConfigSource = {
  resource_api_version: "V3";
  path_config_source: { path: string; watched_directory: { path: string } };
};

export type LbEndpoint = { endpoint: { address: SocketAddress }; health_status: "HEALTHY" | "DRAINING" };
export type ClusterLoadAssignment = Typed & { cluster_name: string; endpoints: { lb_endpoints: LbEndpoint[] }[] };

export type Cluster = Typed & {
  name: string;
  type: "EDS";
  metadata: { filter_metadata: Record<string, Record<string, string>> };
  connect_timeout: string;
  per_connection_buffer_limit_bytes: number;
  lb_policy: "ROUND_ROBIN";
  eds_cluster_config: { eds_config: ConfigSource; service_name: string };
  typed_extension_protocol_options: Record<string, Typed>;
  circuit_breakers: { thresholds: Record<string, number | "HIGH">[] };
  common_lb_config: {
    override_host_status: { statuses: string[] };
    healthy_panic_threshold: { value: number };
    update_merge_window: string;
  };
  outlier_detection?: Record<string, number | string>;
};

/** A cluster whose one endpoint has a name, and is asked by TLS. */
export type NamedCluster = {
  name: string;
  type: "LOGICAL_DNS";
  dns_lookup_family: "V4_PREFERRED";
  connect_timeout: string;
  load_assignment: {
    cluster_name: string;
    endpoints: { lb_endpoints: { endpoint: { address: SocketAddress } }[] }[];
  };
  transport_socket: Extension;
};

/** A cluster whose one endpoint is a unix socket. */
export type StaticCluster = {
  name: string;
  type: "STATIC";
  connect_timeout: string;
  load_assignment: {
    cluster_name: string;
    endpoints: { lb_endpoints: { endpoint: { address: { pipe: { path: string } } } }[] }[];
  };
};

export type HeaderMatcher = { name: string } & (
  | { present_match: true }
  | { string_match: { exact: string } | { prefix: string } | { safe_regex: { regex: string } }; invert_match?: true }
);

/** Where a route sends a call: to one cluster, or to one of several by weight. */
export type Destination = { cluster: string } | { weighted_clusters: { clusters: { name: string; weight: number }[] } };

export type RetryPolicy = {
  retry_on: "connect-failure";
  num_retries: number;
  retry_back_off: { base_interval: string; max_interval: string };
  retry_host_predicate: Extension[];
  host_selection_retry_max_attempts: number;
};

export type MetadataMatcher = { filter: string; path: readonly { key: string }[]; value: { bool_match: boolean } };

export type HeaderOption = { header: { key: string; value: string }; append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };

export type Route = {
  name: string;
  match: { prefix: "/"; headers?: HeaderMatcher[]; dynamic_metadata?: readonly MetadataMatcher[] };
  metadata?: { filter_metadata: Record<string, object> };
} & (
  | {
      route: { timeout: string; idle_timeout: string; priority?: "HIGH"; retry_policy?: RetryPolicy } & Destination;
      request_headers_to_remove?: string[];
      typed_per_filter_config?: Record<string, Typed>;
    }
  | {
      direct_response: { status: number; body: { inline_string: string } };
      response_headers_to_add: HeaderOption[];
    }
);

export type RouteConfiguration = Typed & {
  name: string;
  virtual_hosts: { name: string; domains: string[]; routes: Route[] }[];
};

type NumberComparison = { op: "EQ"; value: { default_value: number; runtime_key: string } };

export type AccessLogFilter =
  | { header_filter: { header: HeaderMatcher } }
  | { status_code_filter: { comparison: NumberComparison } }
  | { response_flag_filter: { flags: string[] } }
  | { extension_filter: Extension }
  | { and_filter: { filters: AccessLogFilter[] } }
  | { or_filter: { filters: AccessLogFilter[] } };

export type AccessLog = Extension & { filter?: AccessLogFilter };

export type Listener = Typed & {
  name: string;
  address: SocketAddress;
  enable_reuse_port: boolean;
  per_connection_buffer_limit_bytes: number;
  /** Whether it is exempt from the connection limit that all listeners share. */
  ignore_global_conn_limit?: true;
  listener_filters?: Extension[];
  listener_filters_timeout?: string;
  filter_chains: FilterChain[];
  metadata?: { filter_metadata: Record<string, Record<string, string>> };
};

/** What is done with the connections of a listener, or with some of them. */
export type FilterChain = {
  name: string;
  /** Without it, the chain takes every connection that no other chain matches. */
  filter_chain_match?: { source_prefix_ranges: { address_prefix: string; prefix_len: number }[] };
  filters: Extension[];
  transport_socket?: Extension;
  transport_socket_connect_timeout?: string;
};

/** A resource nested in another one, where its type is implied. */
export type Untyped<Resource extends Typed> = Omit<Resource, "@type">;

export type Bootstrap = {
  node: { id: string; cluster: string };
  admin: { address: { pipe: { path: string; mode: number } }; ignore_global_conn_limit: true };
  stats_flush_interval: string;
  stats_config: { histogram_bucket_settings: { match: { prefix: string }; buckets: readonly number[] }[] };
  static_resources?: { listeners: Untyped<Listener>[]; clusters: (StaticCluster | NamedCluster)[] };
  dynamic_resources: { lds_config: ConfigSource; cds_config: ConfigSource };
  overload_manager: { resource_monitors: Extension[]; actions: object[]; loadshed_points: object[] };
  layered_runtime: { layers: { name: string; static_layer: Record<string, number> }[] };
};
