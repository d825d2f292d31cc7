import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import { type ComposeDeployment, pairsOf } from "../../deployment.ts";
import { named } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import type { Addresses } from "./addresses.ts";
import { asksHttp, type ComposeContainer, OURS, serviceVolume, type Volume } from "./container.ts";
import { DATABASE_READY } from "./database.ts";
import { started } from "./start.ts";

/** The limit on a service's processes and threads; the busiest of the three has about sixty. */
const PROCESSES = 512;

/** The containers of the services in start order: each waits for the stable of the previous service. */
export function serviceContainers(
  deployment: Pick<ComposeDeployment, "stack" | "stable" | "candidate">,
  addresses: Addresses,
): ComposeContainer[] {
  const containers: ComposeContainer[] = [];
  let before: string[] = [];
  for (const pair of pairsOf(deployment).values()) {
    const { stable, candidate } = addresses.ofPair(pair);
    const first = serviceContainer(deployment.stack, pair.stable, "stable", stable, before);
    containers.push(first);
    before = [first.key];
    if (pair.candidate && candidate) {
      containers.push(serviceContainer(deployment.stack, pair.candidate, "candidate", candidate, before));
    }
  }
  return containers;
}

function serviceContainer(
  stack: string,
  revision: Revision,
  role: RevisionRole,
  address: string,
  before: string[],
): ComposeContainer {
  const { image, command, port, health, environment, secrets, files, state, scratch } = revision;
  const { key, volume } = lives(revision, role);
  return {
    key,
    name: named(stack, revision.sessions === "single" && role === "candidate" ? key : revision.id),
    revision,
    image,
    user: OURS,
    ...started(command, { files, variables: secrets }),
    environment,
    secrets: [...new Set(Object.values(secrets))],
    mounts: [{ path: state, volume }],
    scratch: [...scratch, ...foldersOf(files)],
    network: { address, aliases: [revision.id], outside: revision.internet || revision.collector !== null },
    cpu: revision.cpu,
    memoryMi: revision.memoryMi,
    processes: PROCESSES,
    health: { test: asksHttp(`http://127.0.0.1:${port}${health}`), startSeconds: revision.startupSeconds },
    stopSeconds: revision.stopSeconds,
    after: [...before, ...(revision.database ? [DATABASE_READY] : [])],
  };
}

/**
 * How a revision coexists with others of its service. Two writers of one volume must never run at once, not even during a
 * replacement: so the stable of a single service has the service's key and volume, whatever its revision, and its candidate
 * has another key and a scratch volume. In other services each revision has its own key, and keeps running unchanged when
 * it is settled.
 */
function lives({ id, service, sessions }: Revision, role: RevisionRole): { key: string; volume: Volume } {
  if (sessions !== "single") return { key: id, volume: { key: `${id}-data`, keeps: false } };
  return role === "stable"
    ? { key: service, volume: serviceVolume(service) }
    : { key: `${id}-trial`, volume: { key: `${id}-scratch`, keeps: false } };
}

const foldersOf = (files: Record<string, string>): string[] => [
  ...new Set(Object.keys(files).map((path) => path.slice(0, path.lastIndexOf("/")))),
];
