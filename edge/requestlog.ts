import { REVISION } from "./counters.ts";
import { type AccessLog, typed } from "./envoy.ts";
import { edgePaths } from "./paths.ts";
import type { EdgeService, EdgeSettings } from "./settings.ts";

/**
 * One line of JSON for each request; the revision and the trace id lead from a failure to the server's own log. No line
 * holds what could be used to call in the client's place: neither the session's id, nor a query, nor any other header.
 */
export function requestLog({ folder, accessLog = "file" }: EdgeSettings, service: EdgeService): AccessLog {
  const log_format = { json_format: { service: service.name, ...FIELDS } };
  return accessLog === "stdout"
    ? {
        name: "envoy.access_loggers.stdout",
        typed_config: typed("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", { log_format }),
      }
    : {
        name: "envoy.access_loggers.file",
        typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
          path: edgePaths(folder).accessLog,
          log_format,
        }),
      };
}

const FIELDS = {
  at: "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
  client: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
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
  bytesIn: "%BYTES_RECEIVED%",
  bytesOut: "%BYTES_SENT%",
};
