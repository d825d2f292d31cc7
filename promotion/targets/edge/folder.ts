import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { bootstrap } from "./bootstrap.ts";
import { clusters, endpoints } from "./clusters.ts";
import type { Discovery } from "./envoy.ts";
import { FILES } from "./files.ts";
import { listeners } from "./listeners.ts";
import { routes } from "./routes.ts";
import {
  checkEdge,
  checkSettings,
  type Edge,
  type EdgeSettings,
  edgePaths,
  restingPosition,
  servedRevisions,
} from "./settings.ts";

/**
 * Fills the folder of a new edge: stable takes all traffic but the candidate's `share`, at 0 % the candidate answers to its header alone. Everything that
 * Envoy, a target and a source need is in the folder afterwards; files of others in it are left alone.
 */
export async function createEdge(settings: EdgeSettings, share = restingPosition.share): Promise<void> {
  const edge = { settings: checkSettings(settings), position: { ...restingPosition, share } };
  const paths = edgePaths(settings.folder);
  await mkdir(paths.xds, { recursive: true });
  await writeEndpoints(edge);
  await writeClusters(edge);
  await writeRoutes(edge);
  await replaceDiscovery(settings, FILES.listeners, listeners(settings));
  await replace(paths.bootstrap, bootstrap(settings));
  await writeEdge(edge);
}

/** The edge that lives in a folder: its settings, and where its traffic was last told to stand. Throws where there is none. */
export async function readEdge(folder: string): Promise<Edge> {
  const { settings: file } = edgePaths(folder);
  const stored = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`${file} cannot be read, so there is no edge to go on with: ${error.message}`);
  });
  return checkEdge(parse(stored, file), file);
}

/** Stores what the edge is told to be, before Envoy is told: a process that takes over knows what was meant. */
export const writeEdge = (edge: Edge) => replace(edgePaths(edge.settings.folder).settings, edge);

/** Writes the endpoints of every revision that is served. */
export async function writeEndpoints({ settings, position }: Edge): Promise<void> {
  for (const { revision } of settings.services.flatMap((service) => servedRevisions(service, position))) {
    await replaceDiscovery(settings, FILES.endpoints(revision.id), [endpoints(revision, position)]);
  }
}

/** Writes the clusters of every revision that is served, and forgets the endpoints of those that are not. */
export async function writeClusters({ settings, position }: Edge): Promise<void> {
  await replaceDiscovery(settings, FILES.clusters, clusters(settings, position));
  for (const id of position.retired)
    await rm(join(edgePaths(settings.folder).xds, FILES.endpoints(id)), { force: true });
}

/** Writes the routes of every service: the share, and whose sessions go on. */
export async function writeRoutes({ settings, position }: Edge): Promise<void> {
  for (const service of settings.services) {
    await replaceDiscovery(settings, FILES.routes(service.name), [routes(service, position)]);
  }
}

const replaceDiscovery = (settings: EdgeSettings, file: string, resources: unknown[]) =>
  replace(join(edgePaths(settings.folder).xds, file), { resources } satisfies Discovery<unknown>);

/** Replaces a file at once, so that no reader ever sees half of it; the new one is prepared outside the watched folder. */
async function replace(file: string, content: object): Promise<void> {
  const folder = basename(dirname(file)) === "xds" ? dirname(dirname(file)) : dirname(file);
  const next = join(folder, `.${basename(file)}.${process.pid}.next`);
  await writeFile(next, `${JSON.stringify(content, null, 1)}\n`);
  await rename(next, file);
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}
