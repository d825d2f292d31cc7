import { type Extension, typed } from "../../../edge/envoy.ts";
import type { IdentityProxy } from "../../release/revision.ts";

type ProxiedPeer = IdentityProxy["peers"][number];
type ProxiedHost = { address: string; port: number };

/** The proxy's health port; on all addresses, because the platform probes it from outside the container. */
export const HEALTH_PORT = 9903;

/** Google's metadata server, which issues identity tokens for the container's service account. */
const METADATA: ProxiedHost = { address: "169.254.169.254", port: 80 };

/** The CA certificates in the edge image. */
export const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/** Envoy's arguments as that proxy. One thread, so that all calls to a peer share one token while it is valid. */
export const identityProxyArguments = (peers: readonly ProxiedPeer[], metadata = METADATA): string[] => [
  ...["--config-yaml", JSON.stringify(identityProxyConfig(peers, metadata))],
  ...["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"],
];

/**
 * Envoy's configuration as a service's sidecar: it accepts the service's calls to each peer on loopback, adds an identity token
 * for that peer and forwards them. The service's own `Authorization` is left alone: Cloud Run reads the token from a separate
 * header.
 */
export const identityProxyConfig = (peers: readonly ProxiedPeer[], metadata = METADATA) => ({
  static_resources: {
    listeners: [...peers.map(peerListener), healthListener()],
    clusters: [...peers.map(peerCluster), cluster("tokens", metadata, "STATIC")],
  },
});

const peerListener = ({ service, port, url }: ProxiedPeer) =>
  listener(service, { address: "127.0.0.1", port }, [identity], {
    // no timeout: client or server ends a stream
    route: {
      cluster: service,
      host_rewrite_literal: new URL(url).host,
      timeout: "0s",
      idle_timeout: "300s",
      retry_policy: { retry_on: "connect-failure", num_retries: 2 },
    },
  });

const healthListener = () =>
  listener("health", { address: "0.0.0.0", port: HEALTH_PORT }, [], {
    direct_response: { status: 200, body: { inline_string: "ok" } },
  });

function listener(name: string, host: ProxiedHost, filters: Extension[], route: object) {
  const manager = typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: name,
    route_config: {
      name,
      virtual_hosts: [{ name, domains: ["*"], routes: [{ match: { prefix: "/" }, ...route }] }],
    },
    http_filters: [...filters, router],
  });
  return {
    name,
    address: socket(host),
    filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
  };
}

/** A call is forwarded even without a token: the peer rejects it, and its response says what is wrong. */
const identity: Extension = {
  name: "envoy.filters.http.gcp_authn",
  typed_config: typed("envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig", {
    cluster: "tokens",
    timeout: "5s",
    cache_config: { cache_size: 10 },
    token_header: { name: "X-Serverless-Authorization", value_prefix: "Bearer " },
    retry_policy: { num_retries: 3 },
  }),
};

const router: Extension = {
  name: "envoy.filters.http.router",
  typed_config: typed("envoy.extensions.filters.http.router.v3.Router", {}),
};

function peerCluster({ service, url, audience }: ProxiedPeer) {
  const { protocol, hostname, port } = new URL(url);
  const encrypted = protocol === "https:";
  return {
    ...cluster(service, { address: hostname, port: Number(port) || (encrypted ? 443 : 80) }, "STRICT_DNS"),
    metadata: {
      typed_filter_metadata: {
        [identity.name]: typed("envoy.extensions.filters.http.gcp_authn.v3.Audience", { url: audience }),
      },
    },
    ...(encrypted && { transport_socket: tls(hostname) }),
  };
}

const tls = (host: string): Extension => ({
  name: "envoy.transport_sockets.tls",
  typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
    sni: host,
    common_tls_context: {
      validation_context: {
        trusted_ca: { filename: AUTHORITIES },
        match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: host } }],
      },
    },
  }),
});

const cluster = (name: string, host: ProxiedHost, type: "STATIC" | "STRICT_DNS") => ({
  name,
  type,
  connect_timeout: "5s",
  dns_lookup_family: "V4_ONLY",
  load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(host) } }] }] },
});

const socket = ({ address, port }: ProxiedHost) => ({ socket_address: { address, port_value: port } });
