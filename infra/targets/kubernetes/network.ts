import type { ServiceName } from "../../../ecosystem/services.ts";
import type { SettingsOn } from "../../config/schema.ts";
import type { Pair } from "../../deployment.ts";
import { component, edgeMetricsPort, gatewayPort } from "../../names.ts";

/** Network policies. They add up: the first denies everything, each other one allows one thing. */
export type Policy = {
  podSelector: Pods;
  policyTypes: ("Ingress" | "Egress")[];
  ingress?: { from: PolicyPeer[]; ports: PolicyPort[] }[];
  egress?: { to?: PolicyPeer[]; ports: PolicyPort[] }[];
};

/** The namespace's default: deny all traffic but DNS. */
export const basePolicies: Record<string, Policy> = {
  "deny-all": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  dns: {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [
      {
        // the second is where a node's own cache of names listens
        to: [inNamespace("kube-system"), { ipBlock: { cidr: "169.254.20.10/32" } }],
        ports: [{ port: 53, protocol: "UDP" }, tcp(53)],
      },
    ],
  },
};

/** Who may reach the edge, the Gateway and the services on separate ports, and what it may reach: the services, the issuer of its callers' tokens, and the API server for the watcher's sake. */
export function edgePolicy(pairs: ReadonlyMap<ServiceName, Pair>, settings: SettingsOn<"kubernetes">): Policy {
  const { gatewayNamespace, monitoringNamespace, network } = settings.kubernetes;
  const services = [...pairs.values()].map(({ stable, candidate }) => ({
    service: stable.service,
    port: stable.port,
    answers: portsOf(candidate ? [stable, candidate] : [stable]),
  }));
  const called = services
    .map((one) => ({ ...one, callers: callersOf(one.service, pairs) }))
    .filter(({ callers }) => callers.length > 0);
  return {
    podSelector: pods(component("edge")),
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [inNamespace(gatewayNamespace)], ports: services.map(({ port }) => tcp(gatewayPort(port))) },
      ...called.map(({ port, callers }) => ({
        from: callers.map((caller) => ({ podSelector: pods({ service: caller }) })),
        ports: [tcp(port)],
      })),
      { from: [inNamespace(monitoringNamespace)], ports: [tcp(edgeMetricsPort)] },
    ],
    egress: [
      ...services.map((one) => ({ to: [{ podSelector: servicePods(one.service) }], ports: one.answers })),
      ...(settings.edge.auth ? [{ ...theInternet, ports: [portOfUrl(settings.edge.auth.jwks)] }] : []),
      { to: [{ ipBlock: { cidr: network.apiServer } }], ports: [tcp(443), tcp(6443)] },
    ],
  };
}

/** Ingress from the edge and from metrics scrapers only; egress only to what its revisions are known to need. */
export function servicePolicy({ stable, candidate }: Pair, settings: SettingsOn<"kubernetes">): Policy {
  const { monitoringNamespace, database } = settings.kubernetes;
  const revisions = candidate ? [stable, candidate] : [stable];
  const asked = portsOf(revisions.flatMap(({ peers }) => peers));
  const collectors = new Set(revisions.flatMap(({ collector }) => collector ?? []));
  return {
    podSelector: servicePods(stable.service),
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      {
        from: [{ podSelector: pods(component("edge")) }, inNamespace(monitoringNamespace)],
        ports: portsOf(revisions),
      },
    ],
    egress: [
      ...(asked.length > 0 ? [{ to: [{ podSelector: pods(component("edge")) }], ports: asked }] : []),
      ...(revisions.some((revision) => revision.database) ? [databaseAt(database.network)] : []),
      ...[...collectors].map((collector) => ({ ports: [portOfUrl(collector)] })),
      ...(revisions.some(({ internet }) => internet) ? [theInternet] : []),
    ],
  };
}

/** A backup reads the database and writes to a bucket. */
export function backupPolicy(settings: SettingsOn<"kubernetes">): Policy {
  return {
    podSelector: pods(component("backup")),
    policyTypes: ["Egress"],
    egress: [databaseAt(settings.kubernetes.database.network), theInternet],
  };
}

type Pods = { matchLabels?: Record<string, string> };
type PolicyPeer =
  | { podSelector: Pods }
  | { namespaceSelector: { matchLabels: Record<string, string> } }
  | { ipBlock: { cidr: string; except?: string[] } };
type PolicyPort = { port: number; protocol: "TCP" | "UDP" };

/** By https, and nothing that is near: neither the cluster, nor its neighbours, nor the machine's own metadata. */
const theInternet = {
  to: [
    {
      ipBlock: {
        cidr: "0.0.0.0/0",
        except: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
      },
    },
  ],
  ports: [tcp(443)],
};

const databaseAt = (cidr: string) => ({ to: [{ ipBlock: { cidr } }], ports: [tcp(5432)] });

const pods = (chosen: Record<string, string>): Pods => ({ matchLabels: chosen });
const servicePods = (name: ServiceName) => pods({ ...component("service"), service: name });
const portsOf = (those: readonly { port: number }[]): PolicyPort[] =>
  [...new Set(those.map(({ port }) => port))].map(tcp);

/** The services that ask this one: through the edge, as users do. */
const callersOf = (name: ServiceName, pairs: ReadonlyMap<ServiceName, Pair>): ServiceName[] =>
  [...pairs].flatMap(([caller, { stable, candidate }]) =>
    [stable, candidate].some((revision) => revision?.peers.some(({ service }) => service === name)) ? [caller] : [],
  );

function portOfUrl(address: string): PolicyPort {
  const { port, protocol } = new URL(address);
  return tcp(Number(port || (protocol === "https:" ? 443 : 80)));
}

function tcp(port: number): PolicyPort {
  return { port, protocol: "TCP" };
}

function inNamespace(name: string): PolicyPeer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
