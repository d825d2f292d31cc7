import { type ServiceName, serviceNamed } from "../../../ecosystem/services.ts";
import type { SettingsOn } from "../../config/schema.ts";
import type { Pair } from "../../deployment.ts";
import { component, edgeMetricsPort } from "../../names.ts";

/** Who may speak to whom. Policies add up: the first one forbids everything, each other one allows one thing. */
export type Policy = {
  podSelector: Pods;
  policyTypes: ("Ingress" | "Egress")[];
  ingress?: { from: PolicyPeer[]; ports: PolicyPort[] }[];
  egress?: { to?: PolicyPeer[]; ports: PolicyPort[] }[];
};

/** What holds in the namespace before anything runs in it: nobody speaks to anybody, everybody may ask for names. */
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

/** Who may reach the edge, and whom it reaches: the services, the issuer of its callers' tokens, and the API server for the watcher's sake. */
export function edgePolicy(pairs: ReadonlyMap<ServiceName, Pair>, settings: SettingsOn<"kubernetes">): Policy {
  const { gatewayNamespace, monitoringNamespace, network } = settings.kubernetes;
  const services = [...pairs.keys()];
  return {
    podSelector: pods(component("edge")),
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [inNamespace(gatewayNamespace)], ports: services.map(portOf) },
      ...services
        .filter((name) => callersOf(name, services).length > 0)
        .map((name) => ({
          from: callersOf(name, services).map((caller) => ({ podSelector: pods({ service: caller }) })),
          ports: [portOf(name)],
        })),
      { from: [inNamespace(monitoringNamespace)], ports: [tcp(edgeMetricsPort)] },
    ],
    egress: [
      ...services.map((name) => ({ to: [{ podSelector: servicePods(name) }], ports: [portOf(name)] })),
      ...(settings.edge.auth ? [{ ...theInternet, ports: [portOfUrl(settings.edge.auth.jwks)] }] : []),
      { to: [{ ipBlock: { cidr: network.apiServer } }], ports: [tcp(443), tcp(6443)] },
    ],
  };
}

/** A service answers the edge alone (and whoever gathers its metrics), and asks only for what it is known to need. */
export function servicePolicy(name: ServiceName, settings: SettingsOn<"kubernetes">): Policy {
  const { monitoringNamespace, database } = settings.kubernetes;
  const { peers, state, internet } = serviceNamed(name);
  const asked = [...new Set(Object.values(peers).map(({ service }) => service))];
  return {
    podSelector: servicePods(name),
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [{ podSelector: pods(component("edge")) }, inNamespace(monitoringNamespace)], ports: [portOf(name)] },
    ],
    egress: [
      ...(asked.length > 0
        ? [{ to: [{ podSelector: pods(component("edge")) }], ports: asked.map((peer) => portOf(peer)) }]
        : []),
      ...(state.data === "database" ? [databaseAt(database.network)] : []),
      ...(settings.collector === undefined ? [] : [{ ports: [portOfUrl(settings.collector)] }]),
      ...(internet ? [theInternet] : []),
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
const portOf = (name: ServiceName): PolicyPort => tcp(serviceNamed(name).port);

/** The services that ask this one: through the edge, as users do. */
const callersOf = (name: ServiceName, among: ServiceName[]): ServiceName[] =>
  among.filter((caller) => Object.values(serviceNamed(caller).peers).some(({ service }) => service === name));

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
