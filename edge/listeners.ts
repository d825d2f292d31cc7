import { answerFilters, countingLoggers, REVISION } from "./counters.ts";
import { type AccessLog, type Extension, type Listener, typed } from "./envoy.ts";
import { edgePaths, FILES, watchedFile } from "./paths.ts";
import type { EdgeService, EdgeSettings } from "./settings.ts";

/** One listener for each service. */
export function listeners(settings: EdgeSettings): Listener[] {
  return settings.services.map((service) =>
    typed("envoy.config.listener.v3.Listener", {
      name: service.name,
      address: { socket_address: { address: service.listen.address, port_value: service.listen.port } },
      // Two edges on one port would silently share its calls; this way the second one fails to start.
      enable_reuse_port: false,
      per_connection_buffer_limit_bytes: LARGEST_BODY,
      filter_chains: [{ filters: [connectionManager(settings, service)] }],
    }),
  );
}

/**
 * The largest body in bytes, of a request (413 above it) and of an answer in JSON, which is held until it has been read
 * for errors (500 above it; with Envoy's own 1 MiB a good answer of 1.5 MB failed). It is one number for both because
 * Envoy has one limit for a call: a lower one for requests would make good larger answers fail.
 */
const LARGEST_BODY = 16 * 1024 * 1024;

const connectionManager = (settings: EdgeSettings, service: EdgeService): Extension => ({
  name: "envoy.filters.network.http_connection_manager",
  typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: service.name,
    codec_type: "AUTO",
    // The edge faces clients: it takes their address from the connection and believes no header of theirs about it.
    use_remote_address: true,
    xff_num_trusted_hops: 0,
    server_header_transformation: "OVERWRITE",
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: "REJECT_REQUEST",
    common_http_protocol_options: {
      idle_timeout: "3600s",
      headers_with_underscores_action: "REJECT_REQUEST",
      max_headers_count: 100,
    },
    max_request_headers_kb: 32,
    request_headers_timeout: "10s",
    stream_idle_timeout: "120s",
    delayed_close_timeout: "1s",
    generate_request_id: true,
    always_set_request_id_in_response: true,
    access_log: [requestLog(settings), ...countingLoggers()],
    rds: { route_config_name: service.name, config_source: watchedFile(settings, FILES.routes(service.name)) },
    http_filters: [bodyLimit, ...answerFilters(), sessions, router],
  }),
});

/** One line of JSON for each request; the revision and the trace id lead from a failure to the server's own log. */
const requestLog = (settings: EdgeSettings): AccessLog => ({
  name: "envoy.access_loggers.file",
  typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
    path: edgePaths(settings.folder).accessLog,
    log_format: {
      json_format: {
        at: "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
        requestId: "%REQ(X-REQUEST-ID)%",
        traceparent: "%REQ(TRACEPARENT)%",
        route: "%ROUTE_NAME%",
        revision: REVISION,
        instance: "%UPSTREAM_HOST%",
        method: "%REQ(:METHOD)%",
        path: "%PATH(NQ)%",
        code: "%RESPONSE_CODE%",
        flags: "%RESPONSE_FLAGS%",
        details: "%RESPONSE_CODE_DETAILS%",
        ms: "%DURATION%",
      },
    },
  }),
});

const bodyLimit: Extension = {
  name: "envoy.filters.http.buffer",
  typed_config: typed("envoy.extensions.filters.http.buffer.v3.Buffer", { max_request_bytes: LARGEST_BODY }),
};

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
  typed_config: typed("envoy.extensions.filters.http.router.v3.Router", {}),
};
