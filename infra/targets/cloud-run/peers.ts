import { ForwardingRule } from "@pulumi/gcp/compute/forwardingRule.js";
import { RegionBackendService } from "@pulumi/gcp/compute/regionBackendService.js";
import { RegionNetworkEndpointGroup } from "@pulumi/gcp/compute/regionNetworkEndpointGroup.js";
import { RegionTargetHttpProxy } from "@pulumi/gcp/compute/regionTargetHttpProxy.js";
import { RegionUrlMap } from "@pulumi/gcp/compute/regionUrlMap.js";
import { Subnetwork } from "@pulumi/gcp/compute/subnetwork.js";
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { CloudRunDeployment } from "../../deployment.ts";
import { labelsOf, named, privateZone } from "../../names.ts";
import { type Network, ranges } from "./network.ts";

type PeersArgs = { deployment: CloudRunDeployment; network: Network; called: readonly ServiceName[] };

/**
 * How a stack's services call each other while their own URLs are disabled: an internal load balancer with a name for each
 * called service, so that peers follow its traffic split as users do. Google encrypts internal traffic between its buildings;
 * callers authenticate by identity token, as everywhere.
 */
export class PeerBalancer extends pulumi.ComponentResource {
  constructor(name: string, { deployment, network, called }: PeersArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:PeerBalancer", name, {}, options);
    const { stack, settings } = deployment;
    const { project, region } = settings.cloudRun;
    const child = { parent: this };
    const at = { project, region };
    const inside = { loadBalancingScheme: "INTERNAL_MANAGED" } as const;

    const proxies = new Subnetwork(
      `${name}-proxies`,
      {
        ...at,
        name: named(stack, "peers"),
        network: network.name,
        ipCidrRange: ranges.peers,
        purpose: "REGIONAL_MANAGED_PROXY",
        role: "ACTIVE",
      },
      child,
    );
    const backends = called.map((service) => {
      const group = new RegionNetworkEndpointGroup(
        `${name}-${service}-endpoints`,
        {
          ...at,
          name: named(stack, "peer", service),
          networkEndpointType: "SERVERLESS",
          cloudRun: { service },
        },
        child,
      );
      const backend = new RegionBackendService(
        `${name}-${service}`,
        {
          ...at,
          ...inside,
          name: named(stack, "peer", service),
          protocol: "HTTPS",
          backends: [{ group: group.selfLink, balancingMode: "UTILIZATION", capacityScaler: 1 }],
        },
        child,
      );
      return { service, link: backend.selfLink };
    });
    const [fallback] = backends;
    const map = new RegionUrlMap(
      `${name}-map`,
      {
        ...at,
        name: named(stack, "peers"),
        ...(fallback && { defaultService: fallback.link }),
        hostRules: backends.map(({ service }) => ({ hosts: [`${service}.${privateZone}`], pathMatcher: service })),
        pathMatchers: backends.map(({ service, link }) => ({ name: service, defaultService: link })),
      },
      child,
    );
    const proxy = new RegionTargetHttpProxy(
      `${name}-proxy`,
      { ...at, name: named(stack, "peers"), urlMap: map.selfLink },
      child,
    );
    const entrance = new ForwardingRule(
      `${name}-entrance`,
      {
        ...at,
        ...inside,
        name: named(stack, "peers"),
        labels: labelsOf(stack),
        network: network.name,
        subnetwork: network.services.name,
        target: proxy.selfLink,
        portRange: "80",
      },
      { ...child, dependsOn: proxies },
    );
    for (const { service } of backends) {
      new RecordSet(
        `${name}-${service}-name`,
        {
          project,
          managedZone: network.zone.name,
          name: `${service}.${privateZone}.`,
          type: "A",
          ttl: 60,
          rrdatas: [entrance.ipAddress],
        },
        child,
      );
    }
    this.registerOutputs({});
  }
}
