import { LATENCY_BOUNDS_MS } from "../ecosystem/latency.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import { REVISION_METADATA } from "./clusters.ts";
import { type AccessLog, type AccessLogFilter, typed } from "./envoy.ts";
import { COUNTED_CODES, type Facts } from "./outcomes.ts";
import { ANSWERED, found, inCel, READ } from "./reader.ts";

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
export const ENVOY_BOUNDS_MS: Milliseconds[] = LATENCY_BOUNDS_MS.map((ms) => ms * (1 - 1 / 128));

/**
 * The loggers that count each finished POST once, also those that never reached an instance, with the facts that
 * `edge/outcomes.ts` judges by and the client's bucket. GETs are left out: an open stream is no request that ends.
 */
export function countingLoggers(): AccessLog[] {
  return [
    statsLogger(post, {
      counters: [
        {
          stat: { name: REQUESTS, tags: tags({ revision: REVISION, client: found(READ.client), ...facts }) },
          value_fixed: 1,
        },
      ],
    }),
    statsLogger(all(post, served), {
      histograms: [
        {
          stat: { name: LATENCY, tags: tags({ revision: REVISION, route: facts.route }) },
          unit: "Milliseconds",
          value_format: found(READ.ms),
        },
      ],
    }),
  ];
}

/** The revision that was asked, by its cluster: it is known even when no instance could be reached. */
export const REVISION = `%CLUSTER_METADATA(${REVISION_METADATA.namespace}:${REVISION_METADATA.key})%`;

/** Whether an answer came from the server as it is, in CEL. */
export const SENT_BY_SERVER = "response.code_details == 'via_upstream'";

/** Whether a server is slow, in CEL: a call that still waits is as slow as it has waited. */
export const SLOW = `(${ANSWERED} ? ${inCel(READ.slow)} : request.duration >= duration(${inCel(READ.slowAfter)}) ? 'true' : 'false')`;

/** The facts of one request, each of them bounded: what a server or a client makes up never becomes a tag. */
export const facts: Facts = {
  route: "%ROUTE_NAME%",
  by: `%CEL(${SENT_BY_SERVER} ? 'server' : 'edge')%`,
  code: `%CEL(response.code in [${COUNTED_CODES.join(", ")}] ? response.code : response.code >= 500 ? '5xx' : response.code >= 400 ? '4xx' : response.code >= 300 ? '3xx' : 'other')%`,
  flags: "%RESPONSE_FLAGS%",
  answer: found(READ.answer),
  slow: `%CEL(${SLOW})%`,
};

/** Only POSTs. */
export const post: AccessLogFilter = {
  header_filter: { header: { name: ":method", string_match: { exact: "POST" } } },
};

/** Only requests of which a CEL expression is true. */
export const celFilter = (expression: string): AccessLogFilter => ({
  extension_filter: {
    name: "envoy.access_loggers.extension_filters.cel",
    typed_config: typed("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter", { expression }),
  },
});

/** Calls with a server's time: refusals take none, and would make a slow revision look quick. */
const served = celFilter(`${SENT_BY_SERVER} && (response.code < 300 || response.code >= 500) && ${ANSWERED}`);

/** Only requests that pass every filter. */
export const all = (...filters: AccessLogFilter[]): AccessLogFilter => ({ and_filter: { filters } });

/** Only requests that pass one filter at least. */
export const any = (...filters: AccessLogFilter[]): AccessLogFilter => ({ or_filter: { filters } });

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
