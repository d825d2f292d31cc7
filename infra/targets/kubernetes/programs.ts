import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What runs beside Envoy, as a ConfigMap holds it: the watcher's modules, and what drains an edge before it ends. */
export function edgePrograms(): Record<string, string> {
  const watcher = join(import.meta.dirname, "watcher");
  const files = [
    ...readdirSync(watcher)
      .sort()
      .map((name) => join(watcher, name)),
    join(import.meta.dirname, "drain.py"),
  ];
  return Object.fromEntries(files.map((file) => [file.slice(file.lastIndexOf("/") + 1), readFileSync(file, "utf8")]));
}
