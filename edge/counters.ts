import { LATENCY_BOUNDS_MS, SLOW_MS } from "../ecosystem/latency.ts";
import { REVISION_METADATA } from "./clusters.ts";
import { type AccessLog, type AccessLogFilter, type Extension, typed } from "./envoy.ts";

/** The prefix of everything that the edge counts for the promotion. */
export const STATS_PREFIX = "edge";

/** The counter of finished requests and the histogram of their milliseconds, without their prefix. */
export const REQUESTS = "requests";
export const LATENCY = "latency_ms";

/**
 * The bounds of the latency histogram as Envoy is given them. Envoy keeps two digits of a value and counts the whole step
 * that a bound falls into as below it: with a bound of 1000 ms, everything under 1100 ms would be there. A bound just
 * inside the step before holds exactly what is quicker than ours.
 */
export const ENVOY_BOUNDS_MS = LATENCY_BOUNDS_MS.map((ms) => ms * (1 - 1 / 128));

/** The dynamic metadata that the response filters write and the counters read. */
const ANSWER = { namespace: "edge.answer", toolError: "tool_error", rpcError: "rpc_error" } as const;

/**
 * The loggers that count each finished POST once, also those that never reached an instance. Two of them feed the same
 * counter, one with the quick requests and one with the slow ones, so that a request is in exactly one counter and a
 * reader never sees a slow request before the request itself. GETs are left out: an open stream is no request that ends.
 */
export function countingLoggers(): AccessLog[] {
  return [
    counter(all(post, took("LE", SLOW_MS - 1)), "false"),
    counter(all(post, took("GE", SLOW_MS)), "true"),
    statsLogger(all(post, ...notRefused), {
      histograms: [
        {
          stat: { name: LATENCY, tags: tags({ revision: REVISION, route: ROUTE }) },
          unit: "Milliseconds",
          value_format: "%DURATION%",
        },
      ],
    }),
  ];
}

/** The filters that look into answers, JSON and event streams alike, for a tool's error or a JSON-RPC error. */
export function answerFilters(): Extension[] {
  const rules = [
    {
      selectors: path("result", "isError"),
      on_present: { metadata_namespace: ANSWER.namespace, key: ANSWER.toolError },
    },
    // Only that there is an error: its code is the server's own and would make a counter for every number.
    {
      selectors: path("error", "code"),
      on_present: { metadata_namespace: ANSWER.namespace, key: ANSWER.rpcError, value: "true" },
    },
  ];
  return [
    {
      name: "envoy.filters.http.json_to_metadata",
      typed_config: typed("envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata", {
        response_rules: { rules },
      }),
    },
    {
      name: "envoy.filters.http.sse_to_metadata",
      typed_config: typed("envoy.extensions.filters.http.sse_to_metadata.v3.SseToMetadata", {
        response_rules: {
          max_event_size: 1024 * 1024,
          content_parser: {
            name: "envoy.content_parsers.json",
            typed_config: typed("envoy.extensions.content_parsers.json.v3.JsonContentParser", {
              rules: rules.map((rule) => ({ rule })),
            }),
          },
        },
      }),
    },
  ];
}

/** The revision that was asked, by its cluster: it is known even when no instance could be reached. */
export const REVISION = `%CLUSTER_METADATA(${REVISION_METADATA.namespace}:${REVISION_METADATA.key})%`;
const ROUTE = "%ROUTE_NAME%";

const post: AccessLogFilter = { header_filter: { header: { name: ":method", string_match: { exact: "POST" } } } };

/** Who asks too much, or shows no valid token, is refused in no time, which would make a slow revision look quick. */
const notRefused: AccessLogFilter[] = [401, 429].map((code) => ({
  status_code_filter: { comparison: { op: "NE", value: { default_value: code, runtime_key: `edge.refused_${code}` } } },
}));

const all = (...filters: AccessLogFilter[]): AccessLogFilter => ({ and_filter: { filters } });

const took = (op: "GE" | "LE", ms: number): AccessLogFilter => ({
  duration_filter: { comparison: { op, value: { default_value: ms, runtime_key: `edge.took_${op}` } } },
});

const counter = (filter: AccessLogFilter, slow: "true" | "false"): AccessLog =>
  statsLogger(filter, {
    counters: [
      {
        stat: {
          name: REQUESTS,
          tags: tags({
            revision: REVISION,
            route: ROUTE,
            code: "%RESPONSE_CODE%",
            flags: "%RESPONSE_FLAGS%",
            slow,
            tool_error: `%DYNAMIC_METADATA(${ANSWER.namespace}:${ANSWER.toolError})%`,
            rpc_error: `%DYNAMIC_METADATA(${ANSWER.namespace}:${ANSWER.rpcError})%`,
          }),
        },
        value_fixed: 1,
      },
    ],
  });

const statsLogger = (filter: AccessLogFilter, stats: object): AccessLog => ({
  name: "envoy.access_loggers.stats",
  filter,
  typed_config: typed("envoy.extensions.access_loggers.stats.v3.Config", {
    stats_scope: { prefix: STATS_PREFIX },
    ...stats,
  }),
});

const tags = (formats: Record<string, string>) =>
  Object.entries(formats).map(([name, value_format]) => ({ name, value_format }));

const path = (...keys: string[]) => keys.map((key) => ({ key }));
