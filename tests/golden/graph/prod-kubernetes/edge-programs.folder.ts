import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Files, placeOf } from "./files.ts";

/** What Envoy needs at most to follow a file, in milliseconds. */
const FOLLOW_MS = 500;

/**
 * Makes an edge's folder hold these files, and answers whether it did not before. Each is replaced at once, by renaming
 * a finished one, so that no reader ever sees half of it; what has not changed is left alone. Safe to kill and to repeat
 * at any line.
 * The order keeps every call answered: a revision can be reached before routes lead to it, and until none does.
 */
export async function fill(folder: string, files: Files): Promise<boolean> {
  mkdirSync(join(folder, "xds"), { recursive: true });
  let changed = false;
  const named = (start: string) => Object.keys(files).filter((name) => name.startsWith(start));
  const put = (...names: string[]) => {
    for (const name of names) changed = replace(folder, placeOf(name), files[name] as string) || changed;
  };
  const clusters = clustersIn(files["cds.json"] as string);
  const before = clustersIn(textOf(join(folder, placeOf("cds.json"))) ?? JSON.stringify({ resources: clusters }));
  const gone = without(before, clusters);
  put(...named("eds-"));
  if (without(clusters, before).length > 0) {
    replace(folder, placeOf("cds.json"), JSON.stringify({ resources: [...clusters, ...gone] }));
    await wait(FOLLOW_MS);
  }
  put(...named("rds-"));
  if (gone.length > 0) await wait(FOLLOW_MS);
  put("cds.json", "lds.json", "bootstrap.json");
  forget(folder, named("eds-"));
  put("edge.json");
  return changed;
}

/** Whether a folder has been filled before, by whoever watched then. */
export const isFilled = (folder: string): boolean => existsSync(join(folder, "edge.json"));

function replace(folder: string, place: string, text: string): boolean {
  const path = join(folder, place);
  if (textOf(path) === text) return false;
  // beside the folder that Envoy watches, so that only the finished file wakes it up
  const next = join(folder, `.${place.replace("/", "-")}.next`);
  writeFileSync(next, text);
  renameSync(next, path);
  return true;
}

/** Endpoints of revisions that are no longer there. */
function forget(folder: string, kept: string[]): void {
  for (const name of readdirSync(join(folder, "xds"))) {
    if (name.startsWith("eds-") && !kept.includes(name)) rmSync(join(folder, "xds", name));
  }
}

type Cluster = { name: string };

const clustersIn = (text: string): Cluster[] => (JSON.parse(text) as { resources: Cluster[] }).resources;

const without = (clusters: Cluster[], others: Cluster[]): Cluster[] =>
  clusters.filter(({ name }) => !others.some((other) => other.name === name));

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
