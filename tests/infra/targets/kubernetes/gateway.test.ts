import { expect, test } from "vitest";
import type { KubernetesSettings } from "../../../../infra/config/schema.ts";
import { gatewaySpec, routeSpec } from "../../../../infra/targets/kubernetes/gateway.ts";
import { first, prod, revisionOf } from "../../../fixtures/kubernetes/states.ts";

const cluster = prod.settings.kubernetes as KubernetesSettings;

test("the Gateway serves only TLS, for all names below the domain", () => {
  expect(gatewaySpec(cluster)).toEqual({
    gatewayClassName: "envoy-gateway",
    listeners: [
      {
        name: "https",
        protocol: "HTTPS",
        port: 443,
        hostname: "*.mcp.mahavishnu.dev",
        tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "mcp-tls" }] },
        allowedRoutes: { namespaces: { from: "Same" } },
      },
    ],
  });
});

test("a service's name leads to the edge, its metrics stay inside, and a stream is not cut", () => {
  expect(routeSpec(revisionOf(first, "akosha"), cluster)).toEqual({
    parentRefs: [{ name: "gateway" }],
    hostnames: ["akosha.mcp.mahavishnu.dev"],
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: "/mcp" } }, { path: { type: "Exact", value: "/healthz" } }],
        timeouts: { request: "0s" },
        backendRefs: [{ name: "edge", port: 18682 }],
      },
    ],
  });
});
