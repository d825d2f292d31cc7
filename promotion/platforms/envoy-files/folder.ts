import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { edgeFiles } from "../../../edge/files.ts";
import { edgePaths, FILES } from "../../../edge/paths.ts";
import {
  checkEdge,
  checkSettings,
  type Edge,
  type EdgeSettings,
  restingPosition,
  servedRevisions,
} from "../../../edge/settings.ts";

/**
 * Fills the folder of a new edge: stable takes all traffic but the candidate's `share`, at 0 % the candidate answers to its header alone. Everything that
 * Envoy, a target and a source need is in the folder afterwards; files of others in it are left alone.
 */
export async function createEdge(settings: EdgeSettings, share = restingPosition.share): Promise<void> {
  const edge = { settings: checkSettings(settings), position: { ...restingPosition, share } };
  await mkdir(edgePaths(settings.folder).xds, { recursive: true });
  await write(edge, Object.keys(edgeFiles(edge.settings, edge.position)));
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
export const writeEdge = (edge: Edge) => write(edge, [FILES.settings]);

/** Writes the endpoints of every revision that is served. */
export function writeEndpoints(edge: Edge): Promise<void> {
  const served = edge.settings.services.flatMap((service) => servedRevisions(service, edge.position));
  return write(
    edge,
    served.map(({ revision }) => FILES.endpoints(revision.id)),
  );
}

/** Writes the clusters of every revision that is served, and forgets the endpoints of those that are not. */
export async function writeClusters(edge: Edge): Promise<void> {
  await write(edge, [FILES.clusters]);
  const { root } = edgePaths(edge.settings.folder);
  for (const id of edge.position.retired) await rm(join(root, FILES.endpoints(id)), { force: true });
}

/** Writes the routes of every service: the share, and whose sessions go on. */
export const writeRoutes = (edge: Edge) =>
  write(
    edge,
    edge.settings.services.map(({ name }) => FILES.routes(name)),
  );

/** Replaces each named file at once, so that no reader ever sees half of it; the new one is prepared outside the watched folder. */
async function write({ settings, position }: Edge, names: string[]): Promise<void> {
  const { root } = edgePaths(settings.folder);
  const files = edgeFiles(settings, position);
  for (const name of names) {
    const next = join(root, `.${basename(name)}.${process.pid}.next`);
    await writeFile(next, `${JSON.stringify(files[name], null, 1)}\n`);
    await rename(next, join(root, name));
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}
