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
 * The ranges of the network. Cloud Run takes two addresses an instance and keeps them for a while after its end; the
 * database's network is Google's own, so it gets a whole range to choose from.
 */
export const ranges = {
  services: "10.80.0.0/22",
  machine: "10.80.4.0/28",
  peers: "10.80.5.0/24",
  platform: { address: "10.81.0.0", prefixLength: 16 },
} as const;

/**
 * The private network of a stack: where Cloud Run's services come from when they call inside, where the machine of the
 * single services stands, and where the platform's own services (the database) are reached. What is in it has no address
 * outside, and goes out through one gateway.
 */
export class Network extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  /** Where Cloud Run's services come from. */
  readonly services: Subnetwork;
  readonly machine: Subnetwork;
  /** The way to the platform's own services; a database needs it to be there. */
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
    // known before the network is there
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
          // Google's APIs without an address outside: secrets, images, logs
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
        // Google refuses to take it down for days after the last database is gone; it goes with the network
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
        description: "Names for what has addresses that nobody knows beforehand",
        visibility: "private",
        privateVisibilityConfig: { networks: [{ networkUrl: this.id }] },
      },
      child,
    );
    this.registerOutputs({});
  }
}
