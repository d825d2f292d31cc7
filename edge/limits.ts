import type { Seconds } from "../ecosystem/units.ts";
import { type Extension, type HeaderMatcher, typed } from "./envoy.ts";
import type { EdgeService, Limits } from "./settings.ts";

/**
 * The filters that respond with 429 to a client over its limits; each client has its own bucket. One after the
 * other, so that what the minute refuses costs nothing of the hour. Event streams may use up half of a client's calls; health
 * checks have a bucket of their own of two a second, more than any monitor needs. A client is the address that the connection, or the
 * trusted proxy before the edge, gives it; an IPv6 network of 64 bits counts as one, since its owner can use all of it.
 * A token bucket has no windows: within its first hour a client can get up to twice `perHour`, over longer times `perHour`.
 */
export function limitFilters(service: Pick<EdgeService, "name" | "health">, limits: Limits): Extension[] {
  const { perMinute, burst, perHour, replicas = 1 } = limits;
  return [
    limit(`${service.name}-minute`, limits, calls(service), bucket(burst / replicas, perMinute, 60 * replicas)),
    limit(`${service.name}-hour`, limits, calls(service), bucket(perHour / replicas, perHour, 3600 * replicas)),
    limit(`${service.name}-streams`, limits, streams(service), bucket(burst / 2 / replicas, perMinute, 120 * replicas)),
    limit(`${service.name}-health`, limits, checks(service), bucket(60 / replicas, 120, 60 * replicas)),
  ];
}

/**
 * How many clients are remembered, those that came last. Envoy's own number is 20, so that the twenty-first would give
 * the first one a full bucket again.
 */
const CLIENTS = 10_000;

/** Matches the health checks of a service. They need no token and do not count as calls. */
export const healthCall = (service: Pick<EdgeService, "health">): HeaderMatcher[] => [GET, healthPath(service)];

/** The two halves of it. */
export const GET: HeaderMatcher = { name: ":method", string_match: { exact: "GET" } };
export const healthPath = ({ health = "/healthz" }: Pick<EdgeService, "health">): HeaderMatcher => ({
  name: ":path",
  string_match: { safe_regex: { regex: health } },
});

/** The requests that each bucket limits. An event stream is also a call and takes from both. */
type Which = { headers: HeaderMatcher[]; expect_match?: false };
const checks = (service: Pick<EdgeService, "health">): Which => ({ headers: healthCall(service) });
const calls = (service: Pick<EdgeService, "health">): Which => ({ ...checks(service), expect_match: false });
const streams = (service: Pick<EdgeService, "health">): Which => ({
  headers: [GET, { ...healthPath(service), invert_match: true }],
});

type TokenBucket = { max_tokens: number; tokens_per_fill: number; fill_interval: string };

/** Envoy fills it all the time, not once an interval. */
const bucket = (max: number, perFill: number, seconds: Seconds): TokenBucket => ({
  max_tokens: Math.ceil(max),
  tokens_per_fill: perFill,
  fill_interval: `${seconds}s`,
});

const MOST = 2 ** 32 - 1;

const ALWAYS = { default_value: { numerator: 100, denominator: "HUNDRED" } };

function limit(name: string, { exempt }: Limits, which: Which, token_bucket: TokenBucket): Extension {
  // An action without a value leaves the call without a bucket, so without a limit.
  const steps = [
    ...(exempt.length > 0
      ? [{ action: { remote_address_match: unlessFrom(exempt) }, entry: { key: "client", value: "limited" } }]
      : []),
    {
      action: { header_value_match: { descriptor_key: "call", descriptor_value: "limited", ...which } },
      entry: { key: "call", value: "limited" },
    },
    {
      action: { masked_remote_address: { v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 } },
      entry: { key: "masked_remote_address" }, // without a value: each value is a client with its own bucket
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
      // for calls without their own bucket
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

/** A network as Envoy writes it. */
export function range(cidr: string) {
  const [address_prefix = "", length] = cidr.split("/");
  return { address_prefix, prefix_len: Number(length) };
}
