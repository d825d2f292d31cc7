import { all, any, celFilter, facts, post, REVISION, SENT_BY_SERVER, SLOW } from "./counters.ts";
import { type AccessLog, type AccessLogFilter, type Typed, typed } from "./envoy.ts";
import { FAILURE_FLAGS } from "./outcomes.ts";
import { edgePaths } from "./paths.ts";
import { ANSWERED, found, inCel, READ } from "./reader.ts";
import { SAMPLED } from "./routes.ts";
import type { EdgeService, EdgeSettings } from "./settings.ts";

/** One line of the samples: a request that went wrong, with the facts that it is judged by. */
export type SampleLine = { service: string } & Record<keyof typeof FIELDS, string | number | null>;

/** How many samples there may be at once, and how many more come in a second. */
const BURST = 40;
const PER_SECOND = 2;

/** Envoy knows one budget by this name, whatever the number of services: it takes one alone from a process. */
const BUDGET = "samples";

/**
 * The logger that keeps samples of what went wrong with a service that has a candidate, a line of JSON each. It keeps them while
 * the candidate has a share, so that no file grows for years. No line holds what could be used to call in the client's place.
 */
export function sampleLogs({ folder }: EdgeSettings, { name, candidate }: EdgeService): AccessLog[] {
  if (!candidate) return [];
  return [
    {
      name: "envoy.access_loggers.file",
      filter: all(
        post,
        celFilter(`'${SAMPLED}' in xds.route_metadata.filter_metadata`),
        wentWrong,
        withinBudget(folder),
      ),
      typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
        path: edgePaths(folder).samples,
        log_format: { json_format: { service: name, ...FIELDS } },
      }),
    },
  ];
}

/** The budget of all samples, as Envoy reads it from a file. */
export const sampleBudget = (): Typed =>
  typed("envoy.service.discovery.v3.Resource", {
    name: BUDGET,
    version: "1",
    resource: typed("envoy.type.v3.TokenBucket", {
      max_tokens: BURST,
      tokens_per_fill: PER_SECOND,
      fill_interval: "1s",
    }),
  });

const FIELDS = {
  at: "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
  revision: REVISION,
  status: "%RESPONSE_CODE%",
  client: found(READ.client),
  method: found(READ.method),
  tool: found(READ.tool),
  rpcCode: found(READ.rpcCode),
  ...facts,
};

/** What the table of outcomes calls neither good nor neutral, a tool's error, or an answer that cannot be read. */
const wentWrong = any(
  { response_flag_filter: { flags: FAILURE_FLAGS } },
  celFilter(`${SENT_BY_SERVER} && (response.code >= 300 || ${inCel(READ.answer)} != 'read')`),
  all(celFilter(`${SLOW} == 'true'`), celFilter(`${SENT_BY_SERVER} || !(${ANSWERED})`)),
);

const withinBudget = (folder: string): AccessLogFilter => ({
  extension_filter: {
    name: "envoy.access_loggers.extension_filters.process_ratelimit",
    typed_config: typed("envoy.extensions.access_loggers.filters.process_ratelimit.v3.ProcessRateLimitFilter", {
      dynamic_config: {
        resource_name: BUDGET,
        config_source: { resource_api_version: "V3", path_config_source: { path: edgePaths(folder).sampleBudget } },
      },
    }),
  },
});
