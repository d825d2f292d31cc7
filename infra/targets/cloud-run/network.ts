import { GlobalAddress } from "@pulumi/gcp/compute/globalAddress.js";
import { Network as Vpc } from "@pulumi/gcp/compute/network.js";
import { Router } from "@pulumi/gcp/compute/router.js";
import { RouterNat } from "@pulumi/gcp/compute/routerNat.js";
import { Subnetwork } from "@pulumi/gcp/compute/subnetwork.js";
import { ManagedZone } from "@pulumi/gcp/dns/managedZone.js";
import { Connection } from "@pulumi/gcp/servicenetworking/connection.js";
import * as pulumi from "@pulumi/pulumi";
import type { CloudRunDeployment } from "../../deployment.ts";
import { named, privateZone } from "../../names.ts";

/**
 * The network's address ranges. Cloud Run uses two addresses per instance and keeps them for a while after it ends; the
 * database is in Google's own network, so it gets a whole range to choose from.
 */
export const ranges = {
  services: "10.80.0.0/22",
  machine: "10.80.4.0/28",
  peers: "10.80.5.0/24",
  platform: { address: "10.81.0.0", prefixLength: 16 },
} as const;

/**
 * A stack's private network: the source of Cloud Run's internal calls, the network of the single services' VM, and the way to
 * the platform's own services (the database). Nothing in it has an external address; egress goes through one NAT gateway.
 */
export class Network extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  /** The source range of Cloud Run's services. */
  readonly services: Subnetwork;
  readonly machine: Subnetwork;
  /** The peering with the platform's own services; a database depends on it. */
  readonly peering: Connection;
  readonly zone: ManagedZone;

  constructor(
    name: string,
    { deployment }: { deployment: CloudRunDeployment },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:cloud-run:Network", name, {}, options);
    const { stack, settings } = deployment;
    const { project, region } = settings.cloudRun;
    const child = { parent: this };
    const vpc = new Vpc(
      `${name}-vpc`,
      { name: named(stack), project, autoCreateSubnetworks: false, routingMode: "REGIONAL" },
      child,
    );
    this.name = vpc.name;
    // known before the network exists
    this.id = pulumi.interpolate`projects/${project}/global/networks/${vpc.name}`;
    const subnetwork = (what: "services" | "machine") =>
      new Subnetwork(
        `${name}-${what}`,
        {
          name: named(stack, what),
          project,
          region,
          network: vpc.name,
          ipCidrRange: ranges[what],
          // access to Google's APIs (secrets, images, logs) without an external address
          privateIpGoogleAccess: true,
        },
        child,
      );
    this.services = subnetwork("services");
    this.machine = subnetwork("machine");

    const router = new Router(
      `${name}-router`,
      { name: named(stack, "router"), project, region, network: vpc.name },
      child,
    );
    new RouterNat(
      `${name}-nat`,
      {
        name: named(stack, "nat"),
        project,
        region,
        router: router.name,
        natIpAllocateOption: "AUTO_ONLY",
        sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
        logConfig: { enable: true, filter: "ERRORS_ONLY" },
      },
      child,
    );

    const range = new GlobalAddress(
      `${name}-platform-range`,
      {
        ...{ name: named(stack, "platform"), project, network: this.id },
        ...{ purpose: "VPC_PEERING", addressType: "INTERNAL", ...ranges.platform },
      },
      child,
    );
    this.peering = new Connection(
      `${name}-platform`,
      {
        network: this.id,
        service: "servicenetworking.googleapis.com",
        reservedPeeringRanges: [range.name],
        // Google refuses to delete it for days after the last database; it is deleted with the network
        deletionPolicy: "ABANDON",
      },
      child,
    );
    this.zone = new ManagedZone(
      `${name}-zone`,
      {
        name: named(stack),
        project,
        dnsName: `${privateZone}.`,
        description: "Stable names for addresses that are assigned at creation",
        visibility: "private",
        privateVisibilityConfig: { networks: [{ networkUrl: this.id }] },
      },
      child,
    );
    this.registerOutputs({});
  }
}
