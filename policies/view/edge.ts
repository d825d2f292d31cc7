import { services } from "../../ecosystem/services.ts";
import { at, listAt, numberAt, objectAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import type { ParsedFile } from "./files.ts";

/** What one listener of an Envoy edge does with what reaches it. */
export type EdgeListener = {
  resource: Resource;
  name: string;
  port: number | undefined;
  /** The limits of one client over all edges together; none if it is unlimited. */
  buckets: readonly Bucket[];
  tls: boolean;
  /** Whether it rejects every caller that does not authenticate. */
  authenticates: boolean;
  /** The fields of its JSON log, by name. */
  logged: readonly string[];
};

/** How many requests it allows at once, and how many per hour in the long run. */
export type Bucket = { burst: number; perHour: number };

/** A cluster of the edge: the instances of one revision, for new or for existing sessions. */
export type EdgeCluster = {
  resource: Resource;
  name: string;
  forSessions: boolean;
  ejects: boolean;
  bounded: boolean;
};

/** A route of the edge that leads to instances. */
export type EdgeRoute = {
  resource: Resource;
  name: string;
  retries: boolean;
  backsOff: boolean;
  idleTimeout: boolean;
  /** A session's requests must not be retried elsewhere: only one instance knows it. */
  forSessions: boolean;
};

type EdgeResource = { resource: Resource; value: unknown };

/** The Envoy resources of one type in a stack's edge files. */
function envoyResources(files: readonly ParsedFile[], type: string): EdgeResource[] {
  return files
    .filter(({ name }) => name.endsWith(".json"))
    .flatMap((file) => {
      const resources = listAt(file.content(), "resources");
      return resources
        .filter((value) => textAt(value, "@type")?.endsWith(`.${type}`))
        .map((value) => ({ resource: file.resource, value }));
    });
}

const filter = (chain: unknown, suffix: string): unknown =>
  listAt(chain, "filters").find((one) => textAt(at(one, "typed_config"), "@type")?.endsWith(`.${suffix}`));

/**
 * The listeners that face clients, one per service; listeners for calls between services have names of their own.
 * `replicas` is how many edges share the clients.
 */
export const listenersOf = (files: readonly ParsedFile[], replicas: number): EdgeListener[] =>
  envoyResources(files, "Listener")
    .filter(facesClients)
    .map(({ resource, value }) => {
      const chains = listAt(value, "filter_chains");
      const managers = chains.map(managerOf);
      const filters = managers.flatMap((manager) => listAt(manager, "http_filters"));
      const sockets = chains
        .filter((chain) => !isInside(chain))
        .map((chain) => at(chain, "transport_socket.typed_config"));
      return {
        resource,
        name: textAt(value, "name") ?? "",
        port: numberAt(value, "address.socket_address.port_value"),
        buckets: bucketsOf(filters, replicas),
        tls: sockets.length > 0 && sockets.every(speaksTls),
        authenticates: chains.length > 0 && chains.every(rejectsStrangers),
        logged: managers
          .flatMap((manager) => listAt(manager, "access_log"))
          .flatMap((log) => Object.keys(objectAt(log, "typed_config.log_format.json_format"))),
      };
    });

const facesClients = ({ value }: { value: unknown }): boolean => !textAt(value, "name")?.endsWith("-peers");

const managerOf = (chain: unknown): unknown => at(filter(chain, "HttpConnectionManager"), "typed_config");

/** Whether a chain is only for connections from internal networks. A network wider than /8 is not internal. */
function isInside(chain: unknown): boolean {
  const networks = listAt(chain, "filter_chain_match.source_prefix_ranges");
  return networks.length > 0 && networks.every((network) => (numberAt(network, "prefix_len") ?? 0) >= 8);
}

const rejectsStrangers = (chain: unknown): boolean =>
  at(chain, "transport_socket.typed_config.require_client_certificate") === true ||
  listAt(managerOf(chain), "http_filters").some((one) => isAuthenticator(one, isInside(chain)));

const speaksTls = (socket: unknown): boolean =>
  ["TLSv1_2", "TLSv1_3"].includes(textAt(socket, "common_tls_context.tls_params.tls_minimum_protocol_version") ?? "");

/**
 * Whether a filter rejects unauthenticated callers. A token filter does if it lets through without a token only health checks
 * and, on internal connections, requests that no proxy forwarded: an internal proxy may speak for outsiders.
 */
function isAuthenticator(one: unknown, inside: boolean): boolean {
  const config = at(one, "typed_config");
  const type = textAt(config, "@type") ?? "";
  if (!/\.jwt_authn\./.test(type)) return /\.(ext_authz|basic_auth|api_key_auth|oauth2)\./.test(type);
  const rules = listAt(config, "rules");
  const demandsToken = (rule: unknown) => textAt(rule, "requires.provider_name") !== undefined;
  const isForAll = (rule: unknown) => at(rule, "match.prefix") === "/" && listAt(rule, "match.headers").length === 0;
  return (
    rules.some((rule) => demandsToken(rule) && isForAll(rule)) &&
    rules.every((rule) => demandsToken(rule) || isExempt(rule, inside))
  );
}

function isExempt(rule: unknown, inside: boolean): boolean {
  const headers = listAt(rule, "match.headers");
  const path = headers.find((header) => at(header, "name") === ":path");
  const forwarded = headers.find((header) => at(header, "name") === "x-forwarded-for");
  const pattern = (header: unknown) => textAt(header, "string_match.safe_regex.regex");
  return (
    pattern(path)
      ?.split("|")
      .every((one) => HEALTH.has(one)) === true ||
    (inside && pattern(forwarded) === ONE_ADDRESS)
  );
}

const HEALTH: ReadonlySet<string> = new Set(services.map(({ health }) => health));
const ONE_ADDRESS = "[^,]+";

/** The token buckets of each client of a listener. A limit that is not enforced does not count. */
const bucketsOf = (filters: readonly unknown[], replicas: number): Bucket[] =>
  filters
    .map((one) => at(one, "typed_config"))
    .filter((one) => textAt(one, "@type")?.endsWith(".LocalRateLimit"))
    .filter((one) => (numberAt(one, "filter_enforced.default_value.numerator") ?? 0) >= 100)
    .filter((one) => !exemptsTheWorld(one))
    .filter(isForCalls)
    .flatMap((one) => listAt(one, "descriptors"))
    .map((descriptor) => {
      const bucket = objectAt(descriptor, "token_bucket");
      const seconds = Number.parseFloat(textAt(bucket, "fill_interval") ?? "");
      return {
        burst: replicas * (numberAt(bucket, "max_tokens") ?? Number.NaN),
        perHour: Math.round((3600 * replicas * (numberAt(bucket, "tokens_per_fill") ?? Number.NaN)) / seconds),
      };
    });

/** Limits that apply to event streams or health checks only do not limit calls. */
const isForCalls = (limit: unknown): boolean =>
  listAt(limit, "rate_limits")
    .flatMap((one) => listAt(one, "actions"))
    .map((action) => at(action, "header_value_match"))
    .every((match) => match === undefined || at(match, "expect_match") === false);

/** Limits exempt the services' own networks; an exemption wider than /8 would leave no client limited. */
const exemptsTheWorld = (limit: unknown): boolean =>
  listAt(limit, "rate_limits")
    .flatMap((one) => listAt(one, "actions"))
    .flatMap((action) => listAt(action, "remote_address_match.address_matcher.ranges"))
    .some((range) => (numberAt(range, "prefix_len") ?? 0) < 8);

export const clustersOf = (files: readonly ParsedFile[]): EdgeCluster[] =>
  envoyResources(files, "Cluster").map(({ resource, value }) => {
    const name = textAt(value, "name") ?? "";
    const [threshold] = listAt(value, "circuit_breakers.thresholds");
    return {
      resource,
      name,
      forSessions: name.endsWith("-sessions"),
      ejects: (numberAt(value, "outlier_detection.consecutive_5xx") ?? 0) > 0,
      bounded: ["max_connections", "max_pending_requests", "max_requests"].every(
        (key) => numberAt(threshold, key) !== undefined,
      ),
    };
  });

export const routesOf = (files: readonly ParsedFile[]): EdgeRoute[] =>
  envoyResources(files, "RouteConfiguration").flatMap(({ resource, value }) =>
    listAt(value, "virtual_hosts")
      .flatMap((host) => listAt(host, "routes"))
      .filter((route) => at(route, "route") !== undefined)
      .map((route) => ({
        resource,
        name: textAt(route, "name") ?? "",
        retries: textAt(route, "route.retry_policy.retry_on")?.split(",").includes("connect-failure") === true,
        backsOff: at(route, "route.retry_policy.retry_back_off.base_interval") !== undefined,
        idleTimeout: at(route, "route.idle_timeout") !== undefined && at(route, "route.idle_timeout") !== "0s",
        forSessions: listAt(route, "match.headers").some((header) => at(header, "name") === "mcp-session-id"),
      })),
  );
