import { type OthersImages, images as published } from "../../../ecosystem/images.ts";
import type { Secret } from "../../../ecosystem/secrets.ts";
import { type ComposeDeployment, pairsOf, revisionsOf } from "../../deployment.ts";
import { named } from "../../names.ts";
import { type Templates, templatesOf } from "../../secrets/derived.ts";
import { addressesIn } from "./addresses.ts";
import { backupContainers } from "./backups/backups.ts";
import type { ComposeContainer, Volume } from "./container.ts";
import { databaseContainers } from "./database.ts";
import { edgeContainers } from "./edge.ts";
import { monitoringContainers } from "./monitoring.ts";
import { serviceContainers } from "./services.ts";

/** A stack on one Docker host, without secret values; the Pulumi program and compose.yaml are rendered from it. */
export type HostDescription = {
  stack: string;
  /** The project name in `docker compose ls`, and the prefix of all other names. */
  project: string;
  /** The internal network of all containers; `outside` is for those with published ports or egress. */
  networks: { inside: string; subnet: string; outside: string };
  containers: ComposeContainer[];
  /** Templates of the derived secrets. */
  derived: Templates;
};

/**
 * Describes a stack in start order. Before its first release there is only the database.
 * `images` overrides third-party images for hosts that have others.
 */
export function describeCompose(
  deployment: Pick<ComposeDeployment, "stack" | "settings" | "stable" | "candidate">,
  images: OthersImages = published,
): HostDescription {
  const { stack, settings, stable } = deployment;
  const { subnet } = settings.compose;
  const addresses = addressesIn(subnet, pairsOf(deployment));
  const services = serviceContainers(deployment, addresses);
  const running = services.map(({ key }) => key);
  const containers = [
    ...databaseContainers(deployment, images.postgres, addresses),
    ...services,
    ...(stable.size > 0
      ? [
          ...edgeContainers(deployment, addresses, running),
          ...backupContainers(deployment, addresses, running),
          ...monitoringContainers(deployment, images, addresses, running),
        ]
      : []),
  ];
  return {
    stack,
    project: named(stack),
    networks: { inside: named(stack, "inside"), subnet, outside: named(stack, "outside") },
    containers,
    derived: templatesOf(revisionsOf(deployment)),
  };
}

/** The distinct secrets of a description. */
export const secretsOf = ({ containers }: Pick<HostDescription, "containers">): Secret[] =>
  [...new Set(containers.flatMap(({ secrets = [] }) => secrets))].sort();

/** The distinct volumes of a description. */
export function volumesOf({ containers }: HostDescription): Volume[] {
  const mounted = containers.flatMap(({ mounts = [] }) =>
    mounts.flatMap((mount) => ("volume" in mount ? [mount.volume] : [])),
  );
  return [...new Map(mounted.map((volume) => [volume.key, volume])).values()];
}
