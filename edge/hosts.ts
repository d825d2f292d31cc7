import { type AccessLogFilter, type Extension, type HeaderMatcher, typed } from "./envoy.ts";
import { healthCall } from "./limits.ts";
import type { EdgeService } from "./settings.ts";

/**
 * Rejects with 403 requests whose Host is not one of `hosts` or whose Origin is foreign, as MCP requires against DNS
 * rebinding: an attacker's page becomes same-origin when its name resolves to the edge's address. Health checks may use any
 * Host, as load balancers do, but no foreign Origin.
 */
export const hostFilter = (hosts: readonly string[], service: Pick<EdgeService, "health">): Extension => ({
  name: "envoy.filters.http.rbac",
  typed_config: typed("envoy.extensions.filters.http.rbac.v3.RBAC", {
    rules: {
      action: "DENY",
      policies: {
        "another-host": {
          permissions: [all(header(called(hosts)), { not_rule: all(...healthCall(service).map(header)) })],
          principals: [{ any: true }],
        },
        "another-origin": {
          permissions: [all(header(ORIGIN_SHOWN), header(cameFrom(hosts)))],
          principals: [{ any: true }],
        },
      },
    },
  }),
});

/** The body of that 403: a JSON-RPC error without an id, as in the MCP specification. */
export const hostRefusals = (hosts: readonly string[]) =>
  [[called(hosts)], [ORIGIN_SHOWN, cameFrom(hosts)]].map((headers) => ({
    filter: all403(headers.map((header) => ({ header_filter: { header } }))),
    status_code: 403,
    body_format_override: {
      json_format: { jsonrpc: "2.0", id: null, error: { code: -32600, message: "Host or Origin not allowed" } },
    },
  }));

const all403 = (filters: AccessLogFilter[]): AccessLogFilter => ({
  and_filter: {
    filters: [
      {
        status_code_filter: {
          comparison: { op: "EQ", value: { default_value: 403, runtime_key: "edge.another_host" } },
        },
      },
      ...filters,
    ],
  },
});

const ORIGIN_SHOWN: HeaderMatcher = { name: "origin", present_match: true };

/** Matches requests for any other Host; ports are ignored. */
const called = (hosts: readonly string[]): HeaderMatcher => ({
  name: ":authority",
  string_match: { safe_regex: { regex: `(?i)(${alternatives(hosts)})(:\\d+)?` } },
  invert_match: true,
});

const cameFrom = (hosts: readonly string[]): HeaderMatcher => ({
  name: "origin",
  string_match: { safe_regex: { regex: `(?i)https?://(${alternatives(hosts)})(:\\d+)?` } },
  invert_match: true,
});

const alternatives = (hosts: readonly string[]) => hosts.map((host) => host.replace(/[.[\]:]/g, "\\$&")).join("|");

type Permission = object;
const header = (header: HeaderMatcher): Permission => ({ header });
const all = (...rules: Permission[]): Permission => ({ and_rules: { rules } });
