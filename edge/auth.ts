import { type Extension, type NamedCluster, typed } from "./envoy.ts";
import { healthCall } from "./limits.ts";
import { METADATA } from "./reader.ts";
import type { Auth, EdgeService } from "./settings.ts";

/** Names that no revision and no issuer can have. */
const JWKS = "edge:jwks";
const ISSUER = "edge:issuer";

/** Where Debian and most others keep the public authorities. */
const PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * The filter that refuses with 401 callers without a token that the issuer signed for this audience and that is still
 * valid. It takes tokens from the header alone, since query strings end up in logs, and leaves
 * them there for the servers. Two kinds of calls need none: the health check, and among the connections of the peers,
 * those that speak for themselves.
 */
export function authFilter(
  { issuer, audience, jwks }: Auth,
  service: Pick<EdgeService, "health">,
  from: "clients" | "peers",
): Extension {
  return {
    name: "envoy.filters.http.jwt_authn",
    typed_config: typed("envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication", {
      providers: {
        [ISSUER]: {
          issuer,
          audiences: [audience],
          require_expiration: true,
          forward: true,
          // the caller's subject, for the reader: clients are counted by it
          payload_in_metadata: METADATA,
          from_headers: [{ name: "authorization", value_prefix: "Bearer " }],
          remote_jwks: {
            http_uri: { uri: jwks, cluster: JWKS, timeout: "5s" },
            // also how long a key that was taken back still counts
            cache_duration: "600s",
            // before the listener's first call, and again when they get old: no caller waits for the issuer
            async_fetch: {},
          },
        },
      },
      rules: [
        { match: { prefix: "/", headers: healthCall(service) } },
        ...(from === "peers" ? [{ match: { prefix: "/", headers: [SPEAKS_FOR_ITSELF] } }] : []),
        { match: { prefix: "/" }, requires: { provider_name: ISSUER } },
      ],
    }),
  };
}

/**
 * A call that no proxy forwarded: the edge added its only address. A proxy before the edge can have a peer's address,
 * as a Gateway in the same cluster has, but names the client it forwards for; what a client puts there itself only adds addresses.
 */
const SPEAKS_FOR_ITSELF = { name: "x-forwarded-for", string_match: { safe_regex: { regex: "[^,]+" } } };

/** Envoy answers 403 to a token for another audience. It is as good as none, and the client can get another one: 401. */
export const tokenRefusals = [
  {
    filter: {
      status_code_filter: {
        comparison: { op: "EQ", value: { default_value: 403, runtime_key: "edge.another_audience" } },
      },
    },
    status_code: 401,
  },
];

/** Where the issuer's keys come from: by TLS, from a server that proves its name. */
export function jwksCluster({ jwks, ca = PUBLIC_AUTHORITIES }: Auth): NamedCluster {
  const { hostname, port } = new URL(jwks);
  return {
    name: JWKS,
    type: "LOGICAL_DNS",
    dns_lookup_family: "V4_PREFERRED",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: JWKS,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: hostname, port_value: Number(port || 443) } } } },
          ],
        },
      ],
    },
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
        sni: hostname,
        common_tls_context: {
          tls_params: { tls_minimum_protocol_version: "TLSv1_2" },
          validation_context: {
            trusted_ca: { filename: ca },
            match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: hostname } }],
          },
        },
      }),
    },
  };
}
