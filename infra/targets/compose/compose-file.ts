import { stringify } from "yaml";
import { type Secret, secrets } from "../../../ecosystem/secrets.ts";
import { readStack } from "../../config/stack-file.ts";
import { labelsOf, named } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { deploymentOf, namedReleases } from "../../stack.ts";
import { aboutUnpublished } from "../unpublished.ts";
import { type ComposeContainer, type Mount, OURS } from "./container.ts";
import { describeCompose, type HostDescription, secretsOf, volumesOf } from "./description.ts";
import { HEALTH, LOG, scratchOptions } from "./docker.ts";
import { CERTIFICATES, EDGE } from "./edge.ts";

/** Describes a stack as its file and its releases stand. Throws a SettingsError or a ReleaseError. */
export function descriptionOf(root: string, name: string): HostDescription {
  const { file, settings } = readStack(root, name);
  const releases = namedReleases(root, name, settings);
  const secret = (secret: Secret): never => {
    throw new Error(`${secret} was asked for, and a description holds no secret`);
  };
  return describeCompose(deploymentOf({ stack: name, file, target: "compose", settings, releases, secret }));
}

/** The description as compose.yaml, for hosts without Pulumi. Secrets are files beside it. */
export function composeFile(description: HostDescription) {
  const { stack, networks, containers } = description;
  const labels = labelsFor(stack);
  return escaped({
    services: Object.fromEntries(
      containers.map((container) => [container.key, composeService(container, description)] as const),
    ),
    networks: {
      inside: { name: networks.inside, internal: true, ipam: { config: [{ subnet: networks.subnet }] }, labels },
      outside: { name: networks.outside, labels },
    },
    volumes: Object.fromEntries(volumesOf(description).map(({ key }) => [key, { name: named(stack, key), labels }])),
    secrets: Object.fromEntries(secretsOf(description).map((secret) => [secret, { file: `./secrets/${secret}` }])),
  });
}

/** The same as text, after words about what must be there beside it. */
export function asYaml(description: HostDescription): string {
  const { stack, project, containers, derived } = description;
  const folders = foldersOf(description);
  const head = [
    `The stack ${stack} on one Docker host, made by: npx maha compose --stack ${stack}`,
    "It names the images, the settings and the releases of now; make it again when they are others.",
    "",
    ...aboutUnpublished(containers.map(({ image }) => image)),
    "Its secrets are files beside it, which the users of its containers can read. A name in <> stands for that secret's value:",
    ...secretsOf(description).map((secret) => `  secrets/${secret}: ${derived[secret] ?? secrets[secret].form.words}`),
    "",
    ...(folders.length > 0
      ? ["These folders of the host must be there, and belong to user 10001:", ...folders, ""]
      : []),
    `docker compose --project-name ${project} --file compose.yaml up --detach --remove-orphans`,
  ];
  // compose reads YAML 1.1, in which a bare no is no text
  const body = stringify(composeFile(description), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
  return `${head.map((line) => `# ${line}`.trimEnd()).join("\n")}\n${body}`;
}

/** The folders of the host that our own user reads or writes, each with who does. */
function foldersOf({ containers }: HostDescription): string[] {
  const mounts = containers
    .filter(({ user }) => user === OURS)
    .flatMap(({ key, mounts = [] }) => mounts.flatMap((mount) => ("folder" in mount ? [{ key, ...mount }] : [])));
  return [...Map.groupBy(mounts, ({ folder }) => folder)].map(([folder, used]) => {
    const users = used.map(({ key, readOnly }) => `${key} ${readOnly ? "reads" : "writes"} it`).join(", ");
    const files = used.some(({ path }) => path === CERTIFICATES) ? " and holds tls.crt and tls.key" : "";
    return `  ${folder}: ${users}${files}`;
  });
}

const labelsFor = (stack: string, revision?: Revision) => ({ ...labelsOf(stack, revision), "managed-by": "compose" });

function composeService(container: ComposeContainer, { stack, containers }: HostDescription) {
  const {
    entrypoint,
    command,
    environment,
    secrets,
    mounts = [],
    scratch = [],
    network,
    published,
    health,
  } = container;
  return {
    container_name: container.name,
    image: container.image,
    user: container.user,
    ...(entrypoint && { entrypoint: [...entrypoint] }),
    ...(command && { command: [...command] }),
    ...(environment && { environment: { ...environment } }),
    ...(secrets && { secrets: [...secrets] }),
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    cpus: container.cpu,
    mem_limit: `${container.memoryMi}m`,
    memswap_limit: `${container.memoryMi}m`,
    pids_limit: container.processes,
    logging: LOG,
    tmpfs: scratch.map((path) => `${path}:${scratchOptions(container)}`),
    volumes: mounts.map(composeMount),
    ...(network
      ? {
          networks: {
            inside: { ipv4_address: network.address, aliases: [...(network.aliases ?? [])] },
            ...(network.outside && { outside: {} }),
          },
        }
      : { network_mode: "none" }),
    ...(container.revision && network?.outside && { extra_hosts: { [EDGE]: edgeAddress(containers) } }),
    ...(published && { ports: published.ports.map((port) => `${published.address}:${port}:${port}`) }),
    ...(health
      ? {
          healthcheck: {
            test: [...health.test],
            interval: `${HEALTH.intervalSeconds}s`,
            timeout: `${HEALTH.timeoutSeconds}s`,
            retries: HEALTH.retries,
            start_period: `${health.startSeconds}s`,
          },
          restart: "unless-stopped",
        }
      : { restart: "no" }),
    stop_grace_period: `${container.stopSeconds}s`,
    depends_on: Object.fromEntries(container.after.map((key) => [key, { condition: conditionOf(key, containers) }])),
    labels: labelsFor(stack, container.revision),
  };
}

/**
 * Compose gives a container's name to it in each of its networks, and the outer one comes first: there a service would
 * call the edge as a stranger, without a token and over the limit.
 */
const edgeAddress = (containers: readonly ComposeContainer[]) =>
  containers.find(({ key }) => key === EDGE)?.network?.address as string;

const composeMount = (mount: Mount) => ({
  ...("volume" in mount ? { type: "volume", source: mount.volume.key } : { type: "bind", source: mount.folder }),
  target: mount.path,
  ...(mount.readOnly && { read_only: true }),
});

const conditionOf = (key: string, containers: readonly ComposeContainer[]) =>
  containers.find((container) => container.key === key)?.health ? "service_healthy" : "service_completed_successfully";

/** Compose takes what follows a dollar for the name of a variable, unless there are two. */
function escaped<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("$", "$$$$") as T;
  if (Array.isArray(value)) return value.map(escaped) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)])) as T;
}
