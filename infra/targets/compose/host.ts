import { Network } from "@pulumi/docker/network.js";
import { Provider } from "@pulumi/docker/provider.js";
import { Volume } from "@pulumi/docker/volume.js";
import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import { named } from "../../names.ts";
import type { TrafficBarrier } from "../../traffic-guard.ts";
import { type HostDescription, volumesOf } from "./description.ts";
import { labelArgs } from "./docker.ts";
import { HostContainer } from "./host-container.ts";

type HostArgs = {
  host: string;
  registry?: string | undefined;
  description: HostDescription;
  secret: (name: Secret) => pulumi.Output<string>;
  barrier: TrafficBarrier;
};

/** A stack on one Docker host: its networks, volumes and containers, each after those that it waits for. */
export class ComposeHost extends pulumi.ComponentResource {
  constructor(
    name: string,
    { host, registry, description, secret, barrier }: HostArgs,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super("mahavishnu:compose:Host", name, {}, options);
    const { stack, networks, containers } = description;
    const login = registry === undefined ? {} : { registryAuth: [{ address: registry }] };
    const provider = new Provider(`${name}-docker`, { host, ...login }, { parent: this });
    const own = { parent: this, provider };
    const labels = labelArgs(stack);

    const inside = new Network(
      `${name}-inside`,
      { name: networks.inside, internal: true, ipamConfigs: [{ subnet: networks.subnet }], labels },
      own,
    );
    const outside = new Network(`${name}-outside`, { name: networks.outside, labels }, own);
    const volumes = new Map(
      volumesOf(description).map(({ key, keeps }) => {
        const options = { ...own, protect: keeps && stack !== "local" };
        return [key, new Volume(`${name}-${key}`, { name: named(stack, key), labels }, options).name];
      }),
    );

    const made = new Map<string, HostContainer>();
    for (const container of containers) {
      const args = {
        container,
        description,
        secret,
        barrier,
        networks: { inside: inside.name, outside: outside.name },
        volume: ({ key }: { key: string }) => volumes.get(key) as pulumi.Output<string>,
      };
      const dependsOn = container.after.flatMap((key) => made.get(key)?.ready ?? []);
      made.set(container.key, new HostContainer(container.key, args, { ...own, dependsOn }));
    }
    this.registerOutputs({});
  }
}
