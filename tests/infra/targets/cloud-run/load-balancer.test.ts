import { describe, expect, test } from "vitest";
import { graphsOf } from "./fixtures.ts";

const graphs = await graphsOf("stable", "candidate", "open", "openCandidate", "iap");

describe("the ingress", () => {
  test("without a domain is Cloud Run's own", () => {
    for (const graph of [graphs.open, graphs.openCandidate]) {
      for (const type of ["URLMap", "BackendService", "SecurityPolicy", "RegionUrlMap"])
        expect(graph.those(type)).toEqual([]);
    }
  });

  test("with one is a balancer with one certificate, TLS 1.2 and a limit for each client", () => {
    const { stable } = graphs;
    expect(stable.one("balancer-certificate").inputs).toMatchObject({
      managed: { domains: ["akosha.mcp.mahavishnu.dev", "mahavishnu.mcp.mahavishnu.dev"] },
    });
    expect(stable.one("balancer-encryption").inputs).toMatchObject({ minTlsVersion: "TLS_1_2", profile: "MODERN" });
    expect(stable.one("balancer-proxy").dependsOn).toContain(stable.one("balancer-encryption").urn);
    expect(stable.one("balancer-entrance").inputs).toMatchObject({
      portRange: "443",
      loadBalancingScheme: "EXTERNAL_MANAGED",
    });
    expect(stable.one("balancer-limits").inputs.rules).toMatchObject([
      { action: "rate_based_ban", rateLimitOptions: { rateLimitThreshold: { count: 60, intervalSec: 60 } } },
      { action: "allow" },
    ]);
    for (const backend of stable.those("backendService:BackendService")) {
      expect(backend.dependsOn).toContain(stable.one("balancer-limits").urn);
      expect(backend.inputs).toMatchObject({ iap: { enabled: false }, logConfig: { enable: true } });
    }
  });

  test("routes to the candidate by its tag, with the same protection", () => {
    const { stable, candidate } = graphs;
    expect(stable.those("RegionNetworkEndpointGroup").filter(({ name }) => name.includes("candidate"))).toEqual([]);
    expect(candidate.one("balancer-akosha-endpoints").inputs.cloudRun).toEqual({ service: "akosha" });
    expect(candidate.one("balancer-akosha-candidate-endpoints").inputs.cloudRun).toEqual({
      service: "akosha",
      tag: "candidate",
    });
    expect(candidate.one("balancer-akosha-candidate").dependsOn).toContain(candidate.one("balancer-limits").urn);
  });

  test("asks people to sign in with iap, at the candidate as well", () => {
    for (const backend of graphs.iap.those("backendService:BackendService"))
      expect(backend.inputs.iap).toEqual({ enabled: true });
    expect(graphs.iap.those("WebBackendServiceIamMember").map(({ inputs }) => [inputs.role, inputs.member])).toEqual(
      Array(4).fill(["roles/iap.httpsResourceAccessor", "group:mcp-agents@mahavishnu.dev"]),
    );
    expect(graphs.candidate.those("WebBackendServiceIamMember")).toEqual([]);
  });
});
