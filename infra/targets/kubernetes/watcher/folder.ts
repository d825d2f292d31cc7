import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Files, placeOf } from "./files.ts";

/** What Envoy needs at most to follow a file, in milliseconds. */
const FOLLOW_MS = 500;

/**
 * Makes an edge's folder hold these files, and answers whether it did not before. Each is replaced at once, by renaming a finished one, so that no reader ever
 * sees half of it; what has not changed is left alone. Safe to kill and to repeat at any line.
 * The order keeps every call answered: a revision can be reached before routes lead to it, and until none does.
 */
export async function fill(folder: string, files: Files): Promise<boolean> {
  mkdirSync(join(folder, "xds"), { recursive: true });
  let changed = false;
  const named = (start: string) => Object.keys(files).filter((name) => name.startsWith(start));
  const put = (...names: string[]) => {
    for (const name of names) changed = replace(folder, placeOf(name), files[name] as string) || changed;
  };
  const before = textOf(join(folder, placeOf("cds.json")));
  put(...named("eds-"));
  const other = before !== undefined && before !== files["cds.json"];
  if (other) {
    replace(folder, placeOf("cds.json"), both(before, files["cds.json"] as string));
    await wait(FOLLOW_MS);
  }
  put(...named("rds-"));
  if (other) await wait(FOLLOW_MS);
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

type Clusters = { resources: { name: string }[] };

/** The clusters of both files, as the newer one has them. */
function both(older: string, newer: string): string {
  const [old, { resources }] = [JSON.parse(older) as Clusters, JSON.parse(newer) as Clusters];
  const names = resources.map(({ name }) => name);
  return JSON.stringify({ resources: [...resources, ...old.resources.filter(({ name }) => !names.includes(name))] });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
