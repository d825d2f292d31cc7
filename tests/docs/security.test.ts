import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bootstrap } from "../../edge/bootstrap.ts";
import { clusters } from "../../edge/clusters.ts";
import { listeners } from "../../edge/listeners.ts";
import { routes } from "../../edge/routes.ts";
import { type EdgeSettings, restingPosition } from "../../edge/settings.ts";

const root = join(import.meta.dirname, "..", "..");
const [, section = ""] = readFileSync(join(root, "docs/security.md"), "utf8").split(/^## /m);
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (---|item)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, item = "", what = "", where = ""]) => ({ item, what, where }));

const at = (port: number) => ({ address: "0.0.0.0", port });
const settings: EdgeSettings = {
  folder: "/var/lib/edge",
  services: [
    { name: "one", listen: at(8000), stable: { id: "one-1", endpoints: [at(9001)] } },
    { name: "two", listen: at(8001), peersListen: at(8101), stable: { id: "two-1", endpoints: [at(9002)] } },
  ],
  limits: { perMinute: 60, burst: 10, perHour: 1000, exempt: [] },
  metrics: at(9901),
  tls: { certificate: "/tls.crt", key: "/tls.key" },
  auth: { issuer: "https://a.test/", audience: "mcp", jwks: "https://a.test/jwks" },
  peers: ["10.0.0.1/32"],
  hosts: ["mcp.test.dev"],
};

type Rendered = ReturnType<typeof rendered>;
/** The configuration as Envoy reads it: JSON, with every connection manager that faces anybody. */
function rendered(settings: EdgeSettings) {
  const json = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));
  const all = json(listeners(settings));
  return {
    bootstrap: json(bootstrap(settings)),
    listeners: all,
    clusters: json(clusters(settings, restingPosition)),
    routes: settings.services.flatMap((service) => routes(service, restingPosition).virtual_hosts[0]?.routes ?? []),
    managers: all.flatMap(({ filter_chains }) =>
      // biome-ignore lint/suspicious/noExplicitAny: read as Envoy reads it
      filter_chains.flatMap(({ filters }) => filters.map(({ typed_config }) => typed_config as any)),
    ),
  };
}
const edge = rendered(settings);
const each = <Value>(values: readonly Value[], expected: object) => {
  expect(values.length).toBeGreaterThan(0);
  for (const value of values) expect(value).toMatchObject(expected);
};

const held: Record<string, (edge: Rendered) => void> = {
  "admin endpoint": ({ bootstrap }) => expect(bootstrap.admin.address.pipe.mode).toBe(0o600),
  "overload manager": ({ bootstrap }) => {
    const { resource_monitors, actions } = bootstrap.overload_manager as unknown as Record<string, { name: string }[]>;
    const names = [...(resource_monitors ?? []), ...(actions ?? [])].map(({ name }) => name.replace(/^envoy\./, ""));
    expect(names).toEqual(
      expect.arrayContaining([
        "resource_monitors.fixed_heap",
        "overload_actions.shrink_heap",
        "overload_actions.reduce_timeouts",
        "overload_actions.reset_high_memory_stream",
        "overload_actions.stop_accepting_requests",
      ]),
    );
    expect(bootstrap.overload_manager).toMatchObject({ refresh_interval: "0.1s" });
    expect(JSON.stringify(bootstrap.overload_manager)).toContain(`"max_heap_size_bytes":${288 * 1024 * 1024}`);
  },
  "listener buffer limits": ({ listeners, bootstrap }) =>
    each([...listeners, ...(bootstrap.static_resources?.listeners ?? [])], {
      per_connection_buffer_limit_bytes: 32_768,
    }),
  "cluster buffer limits": ({ clusters }) => each(clusters, { per_connection_buffer_limit_bytes: 32_768 }),
  use_remote_address: ({ managers }) => each(managers, { use_remote_address: true, xff_num_trusted_hops: 0 }),
  "connection timeouts": ({ managers, listeners }) => {
    each(managers, { common_http_protocol_options: { idle_timeout: "100s" } });
    each(listeners, { listener_filters_timeout: "10s" });
    const behind = rendered({ ...settings, trustedHops: 1, services: settings.services.slice(0, 1) }).managers;
    each(behind, { common_http_protocol_options: { idle_timeout: "620s" } });
  },
  "request timeouts": ({ managers }) => each(managers, { request_headers_timeout: "10s", request_timeout: "30s" }),
  "stream idle timeouts": ({ managers, routes }) => {
    each(managers, { stream_idle_timeout: "120s" });
    each(
      routes.flatMap((route) => ("route" in route ? [route.route] : [])),
      { idle_timeout: "300s" },
    );
  },
  "HTTP/2 concurrent streams": ({ managers }) =>
    each(managers, { http2_protocol_options: { max_concurrent_streams: 100 } }),
  "HTTP/2 initial stream window": ({ managers }) =>
    each(managers, { http2_protocol_options: { initial_stream_window_size: 65_536 } }),
  "HTTP/2 initial connection window": ({ managers }) =>
    each(managers, { http2_protocol_options: { initial_connection_window_size: 1_048_576 } }),
  "headers with underscores": ({ managers }) =>
    each(managers, { common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" } }),
  "path normalization": ({ managers }) =>
    each(managers, {
      ...{ normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: "REJECT_REQUEST" },
    }),
  "listener connection limits": ({ bootstrap }) =>
    expect(bootstrap.layered_runtime.layers[0]?.static_layer).toEqual({
      "envoy.resource_limits.listener.one.connection_limit": 4000,
      "envoy.resource_limits.listener.two.connection_limit": 4000,
    }),
  "global connection limit": ({ bootstrap }) => {
    expect(JSON.stringify(bootstrap.overload_manager)).toContain('"max_active_downstream_connections":10000');
    expect(bootstrap.admin.ignore_global_conn_limit).toBe(true);
    each(bootstrap.static_resources?.listeners ?? [], { ignore_global_conn_limit: true });
  },
  TLS: ({ listeners }) =>
    each(
      listeners.flatMap(({ filter_chains }) => filter_chains).filter(({ name }) => name === "clients"),
      {
        transport_socket: {
          typed_config: {
            common_tls_context: {
              tls_params: { tls_minimum_protocol_version: "TLSv1_2" },
              alpn_protocols: ["h2", "http/1.1"],
            },
          },
        },
      },
    ),
  "internal headers": ({ managers }) => {
    for (const { http_filters } of managers) {
      const removed = { remove_on_match: { key_matcher: { prefix: "x-envoy-" } } };
      expect(http_filters[0].typed_config.mutations).toEqual({
        request_mutations: [removed],
        response_mutations: [removed],
      });
      expect(http_filters.at(-1).typed_config.suppress_envoy_headers).toBe(true);
    }
  },
};

test("every item of the page is checked, and every check is on the page", () => {
  expect(rows.map(({ item }) => item)).toEqual(Object.keys(held));
});

test.each(rows)("$item: the rendered configuration holds it, where the page says", ({ item, where }) => {
  held[item]?.(edge);
  for (const [, file = ""] of where.matchAll(/`([^`]+)`/g)) expect(existsSync(join(root, file)), file).toBe(true);
});
