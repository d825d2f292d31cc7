import { createHash } from "node:crypto";
import type { ContainerArgs } from "@pulumi/docker/container.js";
import type * as pulumi from "@pulumi/pulumi";
import { retention } from "../../../ecosystem/retention.ts";
import type { Seconds } from "../../../ecosystem/units.ts";
import { labelsOf } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { type ComposeContainer, type Mount, SECRETS, type Volume } from "./container.ts";
import type { HostDescription } from "./description.ts";

/** Log rotation of a container. */
export const LOG = { driver: "json-file", options: { "max-size": "10m", "max-file": String(retention.logFiles) } };

/**
 * The options of a container's in-memory folders: not executable, and limited in size. They belong to its user, because a
 * restarted container finds them with a different mode.
 */
export function scratchOptions({ user }: Pick<ComposeContainer, "user">): string {
  const [uid, gid] = user.split(":");
  return `rw,noexec,nosuid,nodev,mode=1777,uid=${uid},gid=${gid},size=256m`;
}

/** Health check intervals, as in images/. */
export const HEALTH = { intervalSeconds: 10, timeoutSeconds: 3, retries: 3 };

/** Known only to the running program: existing resources, the image's id, and the container that filled the secrets' volume. */
export type Made = {
  image: pulumi.Input<string>;
  networks: Record<"inside" | "outside", pulumi.Input<string>>;
  volume(volume: Volume): pulumi.Input<string>;
  secrets?: { volume: pulumi.Input<string>; filledBy: pulumi.Input<string> };
};

/**
 * A container for the Docker provider, with values formatted as the provider reads them back; otherwise every update would
 * show a difference: durations and CPUs as it prints them, swap alongside memory.
 */
export function containerArgs(
  container: ComposeContainer,
  { stack, project }: Pick<HostDescription, "stack" | "project">,
  made: Made,
): ContainerArgs {
  const { entrypoint, command, environment = {}, mounts = [], scratch = [], network, published } = container;
  const { networks, secrets } = made;
  return {
    name: container.name,
    image: made.image,
    user: container.user,
    ...(entrypoint && { entrypoints: [...entrypoint] }),
    ...(command && { command: [...command] }),
    envs: Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
    readOnly: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    memory: container.memoryMi,
    memorySwap: container.memoryMi,
    cpus: goCpus(container.cpu),
    ulimits: [processLimit],
    logDriver: LOG.driver,
    logOpts: LOG.options,
    tmpfs: Object.fromEntries(scratch.map((path) => [path, scratchOptions(container)])),
    volumes: [
      ...mounts.map((mount) => mountArgs(mount, made)),
      ...(secrets ? [{ containerPath: SECRETS, volumeName: secrets.volume, readOnly: true }] : []),
    ],
    ...(network
      ? {
          networksAdvanced: [
            { name: networks.inside, ipv4Address: network.address, aliases: [...(network.aliases ?? [])] },
            ...(network.outside ? [{ name: networks.outside }] : []),
          ],
        }
      : { networkMode: "none" }),
    ...(published && {
      ports: published.ports.map((port) => ({ internal: port, external: port, ip: published.address })),
    }),
    stopTimeout: container.stopSeconds,
    destroyGraceSeconds: container.stopSeconds,
    ...(container.health ? longRunning(container.health) : once),
    labels: [
      ...labelArgs(stack, container.revision),
      ...pairs(composeLabels({ stack, project }, container)),
      // changed secrets replace the container: it reads them only at start
      ...pairs(secrets ? { "secrets-filled-by": secrets.filledBy } : {}),
    ],
  };
}

/** The labels of all resources of a stack. */
export const labelArgs = (stack: string, revision?: Revision) => pairs(labelsOf(stack, revision));

const pairs = (labels: Record<string, pulumi.Input<string>>) =>
  Object.entries(labels).map(([label, value]) => ({ label, value }));

const mountArgs = (mount: Mount, { volume }: Made) => ({
  containerPath: mount.path,
  ...("volume" in mount ? { volumeName: volume(mount.volume) } : { hostPath: mount.folder }),
  ...(mount.readOnly && { readOnly: true }),
});

const longRunning = ({ test, startSeconds }: NonNullable<ComposeContainer["health"]>) => ({
  restart: "unless-stopped",
  healthcheck: {
    tests: [...test],
    interval: goDuration(HEALTH.intervalSeconds),
    timeout: goDuration(HEALTH.timeoutSeconds),
    retries: HEALTH.retries,
    startPeriod: goDuration(startSeconds),
  },
  wait: true,
  waitTimeout: startSeconds + HEALTH.intervalSeconds * HEALTH.retries,
});

const once = { restart: "no", mustRun: false, attach: true, logs: true };

/**
 * The provider has no process limit per container, so this is the kernel's limit per user: it counts that user's processes in
 * all containers, and keeps the host from running out of processes.
 */
const processLimit = { name: "nproc", soft: 4096, hard: 4096 };

/** Labels with which `docker compose ls` and `docker compose ps` show the stack. */
const composeLabels = (
  { stack, project }: Pick<HostDescription, "stack" | "project">,
  container: ComposeContainer,
) => ({
  "com.docker.compose.project": project,
  "com.docker.compose.project.config_files": `Pulumi.${stack}.yaml`,
  "com.docker.compose.service": container.key,
  "com.docker.compose.container-number": "1",
  "com.docker.compose.oneoff": "False",
  "com.docker.compose.config-hash": hashOf(container),
});

/** Fingerprints how a container runs; its start order is not part of that. */
const hashOf = ({ after: _, ...container }: ComposeContainer): string =>
  createHash("sha256").update(JSON.stringify(container)).digest("hex");

/** Seconds in Go's notation: 90 is 1m30s. */
export function goDuration(seconds: Seconds): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ""}${seconds >= 60 ? `${minutes}m` : ""}${seconds % 60}s`;
}

/** CPUs as the provider prints them: 1 is 1.0, 1.5 is 1.5, and 10 is `10.`, because it trims zeros. */
export function goCpus(cpu: number): string {
  const text = cpu.toFixed(9);
  return text.split("0").length - 1 === 9 ? cpu.toFixed(1) : text.replace(/0+$/, "");
}
