import type { Seconds } from "../ecosystem/units.ts";
import { type Extension, typed } from "./envoy.ts";
import type { EdgeService, Limits } from "./settings.ts";

/**
 * The filters that refuse with 429 what one client asks too much, each client by a bucket of its own. One after the
 * other, so that what the minute refuses costs nothing of the hour. A client is the address that the connection, or the
 * trusted proxy before the edge, tells; an IPv6 network of 64 bits counts as one, since its owner can use all of it.
 * A token bucket has no windows: within its first hour a client can get up to twice `perHour`, over longer times `perHour`.
 */
export function limitFilters(service: Pick<EdgeService, "name" | "health">, limits: Limits): Extension[] {
  const { perMinute, burst, perHour, replicas = 1 } = limits;
  return [
    limit(`${service.name}-minute`, service, limits, bucket(burst / replicas, perMinute, 60 * replicas)),
    limit(`${service.name}-hour`, service, limits, bucket(perHour / replicas, perHour, 3600 * replicas)),
  ];
}

/**
 * How many clients are remembered, those that came last. Envoy's own number is 20, so that the twenty-first would give
 * the first one a full bucket again.
 */
const CLIENTS = 10_000;

/** What is never refused: to whoever watches a service's health it would look ill. */
export const healthCall = ({ health = "/healthz" }: Pick<EdgeService, "health">) => [
  { name: ":method", string_match: { exact: "GET" } },
  { name: ":path", string_match: { safe_regex: { regex: health } } },
];

type TokenBucket = { max_tokens: number; tokens_per_fill: number; fill_interval: string };

/** Envoy fills it all the time, not once an interval. */
const bucket = (max: number, perFill: number, seconds: Seconds): TokenBucket => ({
  max_tokens: Math.ceil(max),
  tokens_per_fill: perFill,
  fill_interval: `${seconds}s`,
});

const MOST = 2 ** 32 - 1;

const ALWAYS = { default_value: { numerator: 100, denominator: "HUNDRED" } };

function limit(
  name: string,
  service: Pick<EdgeService, "health">,
  { exempt }: Limits,
  token_bucket: TokenBucket,
): Extension {
  // An action that finds nothing to say leaves the call without a bucket of its own, so without a limit.
  const steps = [
    ...(exempt.length > 0
      ? [{ action: { remote_address_match: unlessFrom(exempt) }, entry: { key: "client", value: "limited" } }]
      : []),
    { action: { header_value_match: unlessHealth(service) }, entry: { key: "call", value: "limited" } },
    {
      action: { masked_remote_address: { v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 } },
      entry: { key: "masked_remote_address" }, // without a value: each value is a client with a bucket of its own
    },
  ];
  return {
    name: `limit.${name}`,
    typed_config: typed("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", {
      stat_prefix: name,
      filter_enabled: ALWAYS,
      filter_enforced: ALWAYS,
      rate_limits: [{ actions: steps.map(({ action }) => action) }],
      descriptors: [{ entries: steps.map(({ entry }) => entry), token_bucket }],
      max_dynamic_descriptors: CLIENTS,
      enable_retry_after_header: true,
      // for whoever has no bucket of its own
      token_bucket: { max_tokens: MOST, tokens_per_fill: MOST, fill_interval: "1s" },
      always_consume_default_token_bucket: false,
    }),
  };
}

const unlessFrom = (exempt: string[]) => ({
  descriptor_key: "client",
  descriptor_value: "limited",
  address_matcher: { ranges: exempt.map(range), invert_match: true },
});

const unlessHealth = (service: Pick<EdgeService, "health">) => ({
  descriptor_key: "call",
  descriptor_value: "limited",
  expect_match: false,
  headers: healthCall(service),
});

/** A network as Envoy writes it. */
export function range(cidr: string) {
  const [address_prefix = "", length] = cidr.split("/");
  return { address_prefix, prefix_len: Number(length) };
}
