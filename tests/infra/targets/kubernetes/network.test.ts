import { describe, expect, test } from "vitest";
import { type ServiceName, services } from "../../../../ecosystem/services.ts";
import type { Pair } from "../../../../infra/deployment.ts";
import {
  backupPolicy,
  basePolicies,
  edgePolicy,
  type Policy,
  servicePolicy,
} from "../../../../infra/targets/kubernetes/network.ts";
import { first, revisionOf } from "../../../fixtures/kubernetes/states.ts";
import { settingsIn } from "../../../fixtures/releases.ts";

const settings = settingsIn("prod", "kubernetes");
const pairs = new Map<ServiceName, Pair>(services.map(({ name }) => [name, { stable: revisionOf(first, name) }]));

/** A policy in words: who may call which ports, and which ports are called where. */
function words({ ingress = [], egress = [] }: Policy): string[] {
  const peer = (who: object) =>
    JSON.stringify(who)
      .replaceAll(/["{}]/g, "")
      .replaceAll(/matchLabels:|kubernetes.io\/metadata./g, "");
  const ports = (list: { port: number }[]) => list.map(({ port }) => port).join(",");
  return [
    ...ingress.flatMap((rule) => rule.from.map((from) => `${peer(from)} -> ${ports(rule.ports)}`)),
    ...egress.flatMap((rule) => (rule.to ?? [{}]).map((to) => `-> ${peer(to)} ${ports(rule.ports)}`)),
  ];
}

const internet =
  "-> ipBlock:cidr:0.0.0.0/0,except:[10.0.0.0/8,100.64.0.0/10,169.254.0.0/16,172.16.0.0/12,192.168.0.0/16] 443";

describe("the network of a stack in a cluster", () => {
  test("denies all traffic except DNS", () => {
    expect(basePolicies["deny-all"]).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    expect(words(basePolicies.dns as Policy)).toEqual([
      "-> namespaceSelector:name:kube-system 53,53",
      "-> ipBlock:cidr:169.254.20.10/32 53,53",
    ]);
  });

  test.each<[ServiceName, string[]]>([
    ["session-buddy", ["podSelector:component:edge -> 8678", "namespaceSelector:name:monitoring -> 8678"]],
    [
      "akosha",
      [
        "podSelector:component:edge -> 8682",
        "namespaceSelector:name:monitoring -> 8682",
        "-> ipBlock:cidr:10.80.0.0/24 5432",
      ],
    ],
    [
      "mahavishnu",
      [
        "podSelector:component:edge -> 8680",
        "namespaceSelector:name:monitoring -> 8680",
        "-> podSelector:component:edge 8678,8682",
        "-> ipBlock:cidr:10.80.0.0/24 5432",
        internet,
      ],
    ],
  ])("lets %s answer the edge and ask what it needs", (name, expected) => {
    const policy = servicePolicy({ stable: revisionOf(first, name) }, settings);
    expect(words(policy)).toEqual(expected);
    expect(policy.podSelector).toEqual({ matchLabels: { component: "service", service: name } });
  });

  test("lets the Gateway, services with peers and Prometheus call the edge, and lets the edge fetch the issuer's keys", () => {
    expect(words(edgePolicy(pairs, settings))).toEqual([
      "namespaceSelector:name:envoy-gateway-system -> 18678,18682,18680",
      "podSelector:service:mahavishnu -> 8678",
      "podSelector:service:mahavishnu -> 8682",
      "namespaceSelector:name:monitoring -> 9902",
      "-> podSelector:component:service,service:session-buddy 8678",
      "-> podSelector:component:service,service:akosha 8682",
      "-> podSelector:component:service,service:mahavishnu 8680",
      internet,
      "-> ipBlock:cidr:172.16.0.0/28 443,6443",
    ]);
  });

  test("allows traces to a collector, on its port", () => {
    const traced = (name: string, collector: string) => ({ ...revisionOf(first, name), collector });
    const stable = traced("session-buddy", "http://otel.monitoring:4317");
    expect(words(servicePolicy({ stable }, settings))).toContain("->  4317");
    const candidate = traced("session-buddy", "https://otel.acme.dev");
    expect(words(servicePolicy({ stable, candidate }, settings))).toEqual(
      expect.arrayContaining(["->  4317", "->  443"]),
    );
  });

  test("lets a backup reach the database and a bucket", () => {
    expect(words(backupPolicy(settings))).toEqual(["-> ipBlock:cidr:10.80.0.0/24 5432", internet]);
  });
});
