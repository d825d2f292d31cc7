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

/** A stack on one Docker host, without any secret's value: what the Pulumi program and compose.yaml are made from. */
export type HostDescription = {
  stack: string;
  /** The name that `docker compose ls` shows, and the beginning of all others. */
  project: string;
  /** The network of all containers, which leads nowhere else; `outside` is for those that must reach or be reached. */
  networks: { inside: string; subnet: string; outside: string };
  containers: ComposeContainer[];
  /** How the secrets are put together that nobody makes or gives. */
  derived: Templates;
};

/**
 * Describes a stack in the order in which it starts. Before its first release only the database is there.
 * `images` takes the place of the published ones where a host has others.
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

/** The secrets of a description, each once. */
export const secretsOf = ({ containers }: Pick<HostDescription, "containers">): Secret[] =>
  [...new Set(containers.flatMap(({ secrets = [] }) => secrets))].sort();

/** The volumes of a description, each once. */
export function volumesOf({ containers }: HostDescription): Volume[] {
  const mounted = containers.flatMap(({ mounts = [] }) =>
    mounts.flatMap((mount) => ("volume" in mount ? [mount.volume] : [])),
  );
  return [...new Map(mounted.map((volume) => [volume.key, volume])).values()];
}
