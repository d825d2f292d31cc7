import { isDeepStrictEqual } from "node:util";
import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Percent } from "../ecosystem/units.ts";
import { newSessionsCluster, sessionsCluster } from "./clusters.ts";
import type { Split, Splits } from "./declared-split.ts";
import {
  type Destination,
  type HeaderMatcher,
  type RetryPolicy,
  type Route,
  type RouteConfiguration,
  typed,
} from "./envoy.ts";
import { METADATA } from "./reader.ts";
import {
  type Address,
  type Edge,
  type EdgeService,
  type Position,
  servedRevisions,
  takesNewSessions,
} from "./settings.ts";
import { withStreams } from "./streams.ts";

/** The headers that lead a probe or a smoke test to one revision whatever the share is: which one, and the edge's preview token. */
export const REVISION_HEADER = "x-revision";
export const TOKEN_HEADER = "x-preview-token";

/** The headers of a call that is to reach a revision of that role. */
export const previewHeaders = (token: string, role: RevisionRole): Record<string, string> => ({
  [REVISION_HEADER]: role,
  [TOKEN_HEADER]: token,
});

/** The header that carries an MCP session. */
const SESSION_HEADER = "mcp-session-id";

/** The metadata of routes while the candidate has a share: what goes wrong on them is sampled. */
export const SAMPLED = "edge.sampled";

/**
 * The names of the routes. They are the only thing about a request's origin that reaches a counter, so no header that a
 * client makes up ever becomes a tag.
 */
export const ROUTES = {
  /** A probe's first call, and each later call of its session. */
  probe: "probe",
  probeSession: "probe-session",
  /** A probe for a revision that is not served, or takes nothing new because it drains: 404. */
  noRevision: "no-revision",
  /** A call of a session that a served revision gave out. */
  session: "session",
  /** A path that is not forwarded: 404. */
  notForwarded: "not-forwarded",
  /** A call with any other session id: 404, so that the client begins again. */
  ended: "ended",
  /** A user's call without a session: the one that the share decides on. */
  new: "new",
} as const;

/**
 * The routes of one service. A session id as Envoy hands it out is `base64(host:port);UV:base64(the server's own id)`.
 * Ids are let through by a list of what is served, not stopped by a list of what is not: Envoy reads past empty parts
 * (`;bm9...`) and sends an id that it cannot read to any instance, so a forged one would slip past any list of bans.
 * At share 0 the candidate's endpoints are not on the list, which ends its users' sessions; its probes go on.
 * Whoever names a revision without the edge's preview token is a user like any other.
 */
export function routes(service: EdgeService, position: Position): RouteConfiguration {
  const served = servedRevisions(service, position);
  const share = service.candidate ? position.share : 0;
  return typed("envoy.config.route.v3.RouteConfiguration", {
    name: service.name,
    virtual_hosts: [
      {
        name: service.name,
        domains: ["*"],
        routes: withStreams(service, [
          ...(service.forwards ? [notForwarded(service.forwards)] : []),
          ...probeRoutes(served, position),
          ...served
            .filter(({ role }) => role === "stable" || takesNewSessions(role, share))
            .flatMap(({ revision }) =>
              revision.endpoints.map((endpoint) =>
                forward(ROUTES.session, [givenOutBy(endpoint)], { cluster: sessionsCluster(revision) }),
              ),
            ),
          refuse(ROUTES.ended, [withSession], "Session not found: it has ended, begin a new one"),
          forward(ROUTES.new, [], {
            retry_policy: elsewhere,
            weighted_clusters: {
              clusters: served.map(({ role, revision }) => ({
                name: newSessionsCluster(revision),
                weight: weight(role, share),
              })),
            },
          }),
        ]).map((route) => (share > 0 ? { ...route, metadata: { filter_metadata: { [SAMPLED]: {} } } } : route)),
      },
    ],
  });
}

/** The routes of those who have shown the preview token and say which revision they want. */
const probeRoutes = (served: ReturnType<typeof servedRevisions>, { draining }: Position): Route[] =>
  [
    ...served.flatMap(({ role, revision }) => {
      const session = forward(ROUTES.probeSession, [wants(role), withSession], { cluster: sessionsCluster(revision) });
      const first = { cluster: newSessionsCluster(revision), retry_policy: elsewhere };
      return draining.includes(revision.id) ? [session] : [session, forward(ROUTES.probe, [wants(role)], first)];
    }),
    refuse(ROUTES.noRevision, [{ name: REVISION_HEADER, present_match: true }], "No such revision is served here"),
  ].map((route) => ({ ...route, match: { ...route.match, dynamic_metadata: [IS_PROBE] } }));

/** What the reader sets on a call with a valid preview token. */
const IS_PROBE = { filter: METADATA, path: [{ key: "probe" }], value: { bool_match: true } } as const;

/**
 * How a route configuration splits new sessions: the percent of each revision, by its id. Throws when it does not look
 * like `routes` at all.
 */
export function splitOf(configuration: RouteConfiguration): Split {
  const split = configuration.virtual_hosts[0]?.routes.find(({ name }) => name === ROUTES.new);
  const weights =
    split && "route" in split && "weighted_clusters" in split.route ? split.route.weighted_clusters.clusters : [];
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) {
    throw new Error(`${configuration.name}: the routes in force split no new sessions; they are not this edge's`);
  }
  return Object.fromEntries(weights.map(({ name, weight }) => [name, (100 * weight) / all]));
}

/** How an edge's routes split new sessions, by service. */
export const splitsOf = ({ settings, position }: Edge): Splits =>
  Object.fromEntries(settings.services.map((service) => [service.name, splitOf(routes(service, position))]));

/**
 * The share that a split gives to the candidate of its service, in percent. Throws when new sessions go to a revision that
 * the service does not have.
 */
export function shareIn({ name, stable, candidate }: RoutedRevisions, split: Split): number {
  const stranger = Object.keys(split).find((id) => id !== stable.id && id !== candidate?.id && split[id] !== 0);
  if (stranger !== undefined) {
    throw new Error(`${name}: new sessions go to ${stranger}, which is neither its stable nor its candidate`);
  }
  return candidate ? (split[candidate.id] ?? 0) : 0;
}

/** A service as far as its split is concerned. */
export type RoutedRevisions = { name: string; stable: { id: string }; candidate?: { id: string } };

/** Whether two route configurations lead every call to the same place: same routes in the same order, same weights, same sessions. */
export function sameRoutes(a: RouteConfiguration, b: RouteConfiguration): boolean {
  return isDeepStrictEqual(sketch(a), sketch(b));
}

/** What decides where a call goes, without what Envoy adds or leaves out when it prints a configuration. */
const sketch = ({ virtual_hosts }: RouteConfiguration) =>
  virtual_hosts.flatMap((host) =>
    host.routes.map((route) => ({
      name: route.name,
      when: route.match.headers ?? [],
      to: !("route" in route)
        ? route.direct_response.status
        : "cluster" in route.route
          ? route.route.cluster
          : route.route.weighted_clusters.clusters.map(({ name, weight }) => [name, weight]),
    })),
  );

/** Weights are hundredths of a percent, so a share can have two decimals. */
const weight = (role: RevisionRole, share: Percent) => Math.round(100 * (role === "candidate" ? share : 100 - share));

const wants = (role: RevisionRole): HeaderMatcher => ({ name: REVISION_HEADER, string_match: { exact: role } });

const withSession: HeaderMatcher = { name: SESSION_HEADER, present_match: true };

const givenOutBy = ({ address, port }: Address): HeaderMatcher => ({
  name: SESSION_HEADER,
  string_match: { prefix: `${Buffer.from(`${address}:${port}`).toString("base64")};` },
});

/**
 * No time-out for the whole answer, which would cut live streams; only silence ends one. The headers that choose a revision
 * stay at the edge, so that a probe's call is to the server what a user's call is, and so does the one that asks for
 * compression: the edge reads what is answered.
 */
const forward = (name: string, headers: HeaderMatcher[], to: Destination & { retry_policy?: RetryPolicy }): Route => ({
  name,
  match: { prefix: "/", ...(headers.length > 0 && { headers }) },
  route: { timeout: "0s", idle_timeout: "300s", ...to },
  request_headers_to_remove: [REVISION_HEADER, TOKEN_HEADER, "accept-encoding"],
});

/**
 * A call without a session may try another instance of the same revision when no connection came about: nothing has been
 * done then, and it stays one call to those who count. A call of a session may not, because Envoy would try it again at
 * any instance, and only one knows the session.
 */
const elsewhere: RetryPolicy = {
  retry_on: "connect-failure",
  num_retries: 2,
  retry_back_off: { base_interval: "0.05s", max_interval: "0.5s" },
  retry_host_predicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typed_config: typed("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", {}),
    },
  ],
  host_selection_retry_max_attempts: 3,
};

const notForwarded = ({ paths, health }: NonNullable<EdgeService["forwards"]>) =>
  refuse(
    ROUTES.notForwarded,
    [
      {
        name: ":path",
        string_match: {
          safe_regex: {
            regex: [
              ...paths.map((path) => `${literal(path)}([/?].*)?`),
              ...health.map((path) => `${literal(path)}(\\?.*)?`),
            ].join("|"),
          },
        },
        invert_match: true,
      },
    ],
    "Nothing is served at this path",
  );

const literal = (path: string) => path.replaceAll(".", "\\.");

/** Answers 404 as an MCP server does for a session that it does not know. */
const refuse = (name: string, headers: HeaderMatcher[], message: string): Route => ({
  name,
  match: { prefix: "/", headers },
  direct_response: {
    status: 404,
    body: { inline_string: JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32001, message } }) },
  },
  response_headers_to_add: [
    { header: { key: "content-type", value: "application/json" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
  ],
});
