import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseJsonOf } from "../../../ecosystem/json.ts";
import { clusters } from "../../../edge/clusters.ts";
import type { Cluster, Discovery } from "../../../edge/envoy.ts";
import { edgeFiles } from "../../../edge/files.ts";
import { edgePaths, FILES, previewTokenFile } from "../../../edge/paths.ts";
import { checkEdge, type Edge, type EdgeSettings } from "../../../edge/settings.ts";

/** Creates the preview token in an edge's folder; an existing one is kept. */
export async function writePreviewToken(settings: EdgeSettings): Promise<void> {
  if (settings.previewTokenFile !== undefined) return;
  await mkdir(edgePaths(settings.folder).root, { recursive: true });
  const token = `${randomBytes(24).toString("hex")}\n`;
  await writeFile(previewTokenFile(settings), token, { mode: 0o600, flag: "wx" }).catch(unlessExists);
}

/** The preview token of an edge. Throws when it cannot be read. */
export async function readPreviewToken(settings: EdgeSettings): Promise<string> {
  const file = previewTokenFile(settings);
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`${file} cannot be read, so the candidate cannot be reached by header: ${error.message}`);
  });
  return text.split("\n", 1)[0] as string;
}

/** The edge in a folder: its settings, and the last intended position of its traffic. Throws when there is none. */
export async function readEdge(folder: string): Promise<Edge> {
  const { settings: file } = edgePaths(folder);
  const stored = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`${file} cannot be read, so there is no edge to continue with: ${error.message}`);
  });
  return checkEdge(parseJsonOf(stored, file), file);
}

/** Writes files of an edge; names are relative to its folder. */
export async function writeFiles({ settings, position }: Edge, names: readonly string[]): Promise<void> {
  const files = edgeFiles(settings, position);
  for (const name of names) await replaceFile(settings.folder, name, `${JSON.stringify(files[name], null, 1)}\n`);
}

/** Writes an edge's clusters, together with older ones that must still be served. */
export async function writeClusters({ settings, position }: Edge, more: readonly Cluster[]): Promise<void> {
  const resources = [...clusters(settings, position), ...more];
  await replaceFile(settings.folder, FILES.clusters, `${JSON.stringify({ resources }, null, 1)}\n`);
}

/** The clusters that the folder still has but this edge does not. */
export async function leavingClusters({ settings, position }: Edge): Promise<Cluster[]> {
  const file = join(edgePaths(settings.folder).root, FILES.clusters);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return '{"resources":[]}';
    throw error;
  });
  const kept = new Set(clusters(settings, position).map(({ name }) => name));
  return (parseJsonOf(text, file) as Discovery<Cluster>).resources.filter(({ name }) => !kept.has(name));
}

/** Deletes the watched files that do not belong to this edge: those of removed revisions and services. */
export async function removeLeftFiles({ settings, position }: Edge): Promise<void> {
  const { xds } = edgePaths(settings.folder);
  const own = new Set(Object.keys(edgeFiles(settings, position)).map((name) => basename(name)));
  for (const name of await readdir(xds)) if (!own.has(name)) await rm(join(xds, name), { force: true });
}

/** Replaces a file atomically, so that no reader sees a partial one; the new file is prepared outside the watched folder. */
async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const { root, xds } = edgePaths(folder);
  await mkdir(xds, { recursive: true });
  const next = join(root, `.${basename(name)}.${process.pid}.next`);
  await rm(next, { force: true }); // left by a killed process, or planted: links are never followed
  await writeFile(next, text, { flag: "wx" });
  await rename(next, join(root, name));
}

function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
