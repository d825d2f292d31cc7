import { createHash } from "node:crypto";
import { authFilter, tokenRefusals } from "./auth.ts";
import { bodyLimits } from "./bodies.ts";
import { countingLoggers } from "./counters.ts";
import { type Extension, type FilterChain, type Listener, typed } from "./envoy.ts";
import { hostFilter, hostRefusals } from "./hosts.ts";
import { internalHeaders } from "./internal-headers.ts";
import { limitFilters, range } from "./limits.ts";
import { BUFFER, idleTimeout, REQUEST_TIMEOUT, silentConnections } from "./overload.ts";
import { FILES, previewTokenFile, watchedFile } from "./paths.ts";
import { readerFilter } from "./reader.ts";
import { requestLog } from "./requestlog.ts";
import { sampleLogs } from "./samples.ts";
import type { Address, EdgeService, EdgeSettings } from "./settings.ts";
import { tlsSocket } from "./tls.ts";

/** One listener per service, plus one for its peers where it has a port for them. */
export function listeners(settings: EdgeSettings): Listener[] {
  return settings.services.flatMap((service) => [
    listener(service.name, service.listen, filterChains(settings, service)),
    ...(service.peersListen
      ? [listener(`${service.name}-peers`, service.peersListen, [peersChain(forPeers(settings), service)])]
      : []),
  ]);
}

/** Peers have no rate limits, and no proxy in front of them. */
function forPeers({ limits: _, trustedHops: __, ...settings }: EdgeSettings): EdgeSettings {
  return settings;
}

function listener(name: string, { address, port }: Address, filter_chains: FilterChain[]): Listener {
  const content = {
    name,
    address: { socket_address: { address, port_value: port } },
    // Two edges on one port would silently share its calls; this way the second one fails to start.
    enable_reuse_port: false,
    per_connection_buffer_limit_bytes: BUFFER,
    ...silentConnections,
    filter_chains,
  };
  return typed("envoy.config.listener.v3.Listener", { ...content, metadata: versionOf(content) });
}

/** The version of a listener, as its configuration carries it: Envoy prints that otherwise than it was written. */
export const listenerVersion = ({ metadata }: Pick<Listener, "metadata">): string | undefined =>
  metadata?.filter_metadata[METADATA]?.version;

const METADATA = "edge";

const versionOf = (content: object): NonNullable<Listener["metadata"]> => ({
  filter_metadata: {
    [METADATA]: { version: createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16) },
  },
});

/**
 * One for clients, and another for the peers' own connections: Envoy distinguishes them by the source address of a connection
 * from, which no header can change.
 */
function filterChains(settings: EdgeSettings, service: EdgeService): FilterChain[] {
  const { tls, peers = [] } = settings;
  const clients = {
    name: "clients",
    filters: [connectionManager(settings, service, "clients")],
    ...(tls && { transport_socket: tlsSocket(settings), transport_socket_connect_timeout: "10s" }),
  };
  if (peers.length === 0) return [clients];
  const filter_chain_match = { source_prefix_ranges: peers.map(range) };
  return [{ ...peersChain(settings, service), filter_chain_match }, clients];
}

const peersChain = (settings: EdgeSettings, service: EdgeService): FilterChain => ({
  name: "peers",
  filters: [connectionManager(settings, service, "peers")],
});

type Callers = "clients" | "peers";

const connectionManager = (settings: EdgeSettings, service: EdgeService, from: Callers): Extension => ({
  name: "envoy.filters.network.http_connection_manager",
  typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: service.name,
    codec_type: "AUTO",
    // The edge faces clients: it takes their address from the connection, or from the last header of the proxies that
    // it is configured with, and trusts no such header from clients.
    use_remote_address: true,
    xff_num_trusted_hops: settings.trustedHops ?? 0,
    server_header_transformation: "OVERWRITE",
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: "REJECT_REQUEST",
    common_http_protocol_options: {
      idle_timeout: idleTimeout(settings),
      headers_with_underscores_action: "REJECT_REQUEST",
      max_headers_count: 100,
    },
    http2_protocol_options: {
      max_concurrent_streams: 100,
      initial_stream_window_size: 64 * 1024,
      initial_connection_window_size: 1024 * 1024,
    },
    max_request_headers_kb: 32,
    request_headers_timeout: "10s",
    request_timeout: REQUEST_TIMEOUT,
    stream_idle_timeout: "120s",
    delayed_close_timeout: "1s",
    generate_request_id: true,
    always_set_request_id_in_response: true,
    access_log: [requestLog(settings, service), ...countingLoggers(), ...sampleLogs(settings, service)],
    rds: { route_config_name: service.name, config_source: watchedFile(settings, FILES.routes(service.name)) },
    local_reply_config: {
      mappers: [...(settings.hosts ? hostRefusals(settings.hosts) : []), ...(settings.auth ? tokenRefusals : [])],
    },
    http_filters: [
      internalHeaders,
      // first, so that no flood of calls makes the edge check as many tokens
      ...(settings.limits ? limitFilters(service, settings.limits) : []),
      ...(settings.hosts ? [hostFilter(settings.hosts, service)] : []),
      ...(settings.auth ? [authFilter(settings.auth, service, from)] : []),
      readerFilter({ heldBytes: BUFFER, tokenFile: previewTokenFile(settings) }),
      ...bodyLimits,
      sessions,
      router,
    ],
  }),
});

/** Writes the instance that opened a session into the id that the client gets, and sends the session's calls back to it. */
const sessions: Extension = {
  name: "envoy.filters.http.stateful_session",
  typed_config: typed("envoy.extensions.filters.http.stateful_session.v3.StatefulSession", {
    session_state: {
      name: "envoy.http.stateful_session.envelope",
      typed_config: typed("envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState", {
        header: { name: "mcp-session-id" },
      }),
    },
  }),
};

const router: Extension = {
  name: "envoy.filters.http.router",
  typed_config: typed("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }),
};
