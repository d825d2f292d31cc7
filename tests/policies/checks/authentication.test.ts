import { describe, expect, test } from "vitest";
import { listeners } from "../../../edge/listeners.ts";
import type { EdgeSettings } from "../../../edge/settings.ts";
import { authentication } from "../../../policies/checks/authentication.ts";
import { listenerFile } from "../edge-files.ts";
import {
  asked,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  factsOf,
  filed,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const facts = factsOf("prod", { evidence: [filed("secrets")] });
const invoker = (name: string, member: unknown = "group:agents@test.dev") =>
  resource("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", `${name}-called`, {
    name,
    role: "roles/run.invoker",
    member,
  });
const onCloudRun = [cloudService("akosha"), cloudService("mahavishnu"), invoker("akosha"), invoker("mahavishnu")];
const onHost = (ip: string) => [
  dockerService("akosha"),
  dockerService("mahavishnu"),
  dockerContainer("edge", { entrypoints: ["envoy"], ports: [{ internal: 8680, external: 8680, ip }] }),
];
const edgeFile = (listener: Parameters<typeof listenerFile>[0]) =>
  dockerContainer("edge-files", { command: ["lds.json", listenerFile({ port: 8680, ...listener })] });
const gateway = (spec = {}) => resource("kubernetes:gateway.networking.k8s.io/v1:Gateway", "gateway", { spec });
const inCluster = (...more: ReturnType<typeof gateway>[]) => [deployment("akosha"), deployment("mahavishnu"), ...more];

/** A host whose port is open, with an edge that has some settings; `change` breaks the listeners' text. */
function behindEdge(more: Partial<EdgeSettings>, change = (text: string) => text) {
  const at = (port: number) => ({ address: "10.0.0.2", port });
  const settings: EdgeSettings = {
    folder: "/edge",
    services: [{ name: "mahavishnu", listen: at(8680), stable: { id: "mahavishnu-1", endpoints: [at(8680)] } }],
    ...more,
  };
  const text = change(JSON.stringify({ resources: listeners(settings) }));
  return [...onHost("0.0.0.0"), dockerContainer("edge-files", { command: ["xds/lds.json", text] })];
}
const auth = { issuer: "https://login.test.dev/", audience: "mcp", jwks: "https://login.test.dev/jwks" };
const peers = ["10.0.0.3/32"];

describe("authentication", () => {
  test.each([
    ["named invokers", onCloudRun],
    ["a port on loopback", onHost("127.0.0.1")],
    [
      "a port whose edge asks for a client's certificate",
      [...onHost("0.0.0.0"), edgeFile({ tls: { require_client_certificate: true } })],
    ],
    ["an edge that asks who calls", behindEdge({ auth })],
    ["an edge that asks all but its peers", behindEdge({ auth, peers })],
    ["an internal gateway", inCluster(gateway({ gatewayClassName: "gke-l7-rilb" }))],
    [
      "a gateway whose policy asks who calls",
      inCluster(gateway(), resource("kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy", "who", {})),
    ],
  ])("passes with %s", (_, resources) => {
    expect(reasons(asked(authentication, resources, facts))).toBe("");
  });
  test("warns without evidence of a valid secret", () => {
    expect(asked(authentication, onCloudRun).verdict).toBe("warn");
  });
  test.each([
    ["everybody as an invoker", [...onCloudRun, invoker("akosha", "allUsers")], "everyone"],
    ["everybody with any Google account", [...onCloudRun, invoker("akosha", "allAuthenticatedUsers")], "everyone"],
    [
      "the invoker check off",
      [cloudService("akosha", { props: { invokerIamDisabled: true } }), ...onCloudRun.slice(1)],
      "invokerIamDisabled",
    ],
    ["no invoker", onCloudRun.slice(0, 3), "no member has roles/run.invoker"],
    ["a port on every address", onHost("0.0.0.0"), "port 8680"],
    ["an edge that does not authenticate", behindEdge({ peers }), "port 8680"],
    [
      "an edge that lets calls without a token pass",
      behindEdge({ auth }, (text) => text.replace('"provider_name":"edge:issuer"', '"allow_missing":{}')),
      "port 8680",
    ],
    [
      "an edge that asks only where a header says so",
      behindEdge({ auth }, (text) =>
        text.replace('"match":{"prefix":"/"},"requires"', '"match":{"prefix":"/","headers":[{"name":"x"}]},"requires"'),
      ),
      "port 8680",
    ],
    [
      "an edge that spares more than health checks",
      behindEdge({ auth }, (text) => text.replaceAll('"regex":"/healthz', '"regex":"/mcp|/healthz')),
      "port 8680",
    ],
    ["an edge to which everybody is a peer", behindEdge({ auth, peers: ["0.0.0.0/0"] }), "port 8680"],
    [
      "an edge that spares whom a peer speaks for",
      behindEdge({ auth, peers }, (text) => text.replace("[^,]+", ".+")),
      "port 8680",
    ],
    ["an edge that takes anybody's TLS", [...onHost("0.0.0.0"), edgeFile({ tls: {} })], "port 8680"],
    [
      "an edge whose filter for tokens asks for none",
      [...onHost("0.0.0.0"), edgeFile({ filters: ["extensions.filters.http.jwt_authn.v3.JwtAuthentication"] })],
      "port 8680",
    ],
    [
      "a service that publishes a port past its edge",
      [
        dockerService("mahavishnu", { ports: [{ internal: 8680, external: 8680, ip: "0.0.0.0" }] }),
        dockerService("akosha"),
        edgeFile({ tls: { require_client_certificate: true } }),
      ],
      "port 8680",
    ],
    [
      "a load balancer past the gateway",
      inCluster(resource("kubernetes:core/v1:Service", "x", { spec: { type: "LoadBalancer" } })),
      "bypass",
    ],
    ["an ingress past the gateway", inCluster(resource("kubernetes:networking.k8s.io/v1:Ingress", "x", {})), "bypass"],
    [
      "a whole policy that names everybody",
      [
        ...onCloudRun,
        resource("gcp:cloudrunv2/serviceIamPolicy:ServiceIamPolicy", "p", { policyData: '{"members":["allUsers"]}' }),
      ],
      "everyone",
    ],
    ["an open gateway", inCluster(gateway({ gatewayClassName: "envoy" })), "neither this gateway nor the edge"],
    [
      "a machine with a public address",
      [
        ...onCloudRun,
        resource("gcp:compute/instance:Instance", "vm", { networkInterfaces: [{ accessConfigs: [{}] }] }),
      ],
      "public IP address",
    ],
    [
      "a firewall that lets every address in",
      [...onCloudRun, resource("gcp:compute/firewall:Firewall", "fw", { sourceRanges: ["0.0.0.0/0"] })],
      "any address",
    ],
    ["no authentication secret", [cloudService("session-buddy"), invoker("session-buddy")], "authentication secret"],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(authentication, resources, facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("a member that the program itself creates is not an outsider", () => {
    expect(reasons(asked(authentication, [...onCloudRun, invoker("akosha", UNKNOWN)], facts))).toBe("");
  });
  test("is not proven while it is unknown whether everyone may call", () => {
    const outcome = asked(
      authentication,
      [cloudService("akosha", { props: { invokerIamDisabled: UNKNOWN } }), ...onCloudRun.slice(1)],
      facts,
    );
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: invokerIamDisabled");
  });
  test("fails in every stack: it is mandatory", () => {
    expect(
      asked(authentication, [cloudService("akosha", { props: { invokerIamDisabled: UNKNOWN } })], factsOf("mine"))
        .verdict,
    ).toBe("fail");
  });
});
