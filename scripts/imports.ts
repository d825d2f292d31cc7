import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";

/** For each source file, the files that it imports in any way; paths are relative to the root, with slashes. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the imports of every TypeScript and JavaScript file below a folder. */
export function importsOf(root: string): Imports {
  return new Map(
    sourcesIn(root, root).map((file) => [
      file,
      new Set(
        importedBy(readFileSync(join(root, file), "utf8"))
          .map((path) => posix.join(dirname(file), path))
          // some are in the text of programs that a file generates
          .filter((path) => existsSync(join(root, path))),
      ),
    ]),
  );
}

/** The relative imports in code: static, dynamic, type-only, or the URL of another program. */
export const importedBy = (code: string): string[] =>
  patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, path = ""]) => path));

const patterns = [
  /\b(?:import|export)\b[^;'"`()]*?\bfrom\s*["'](\.[^"']+)["']/g,
  /\bimport\s*["'](\.[^"']+)["']/g,
  /\bimport\(\s*["'`](\.[^"'`$]+)["'`]/g,
  /\bnew URL\(\s*["'`]([\w./-]+\.[jt]s)["'`]/g,
];

/** The top-level folder of a file; empty for a file in the root. */
export const roomOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : "");

/** An import cycle, in order; undefined if there is none. */
export function circleIn(imports: Imports): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const circle = walk(next, [...trail, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = walk(file, []);
    if (circle) return circle;
  }
  return undefined;
}

/** Third-party code, generated files, and files ignored by git. */
const skipped = /^(node_modules|\..*|releases|coverage|tests\/golden)$/;

function sourcesIn(root: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => ({ entry, path: relative(root, join(folder, entry.name)).replaceAll(sep, "/") }))
    .filter(({ entry, path }) => !skipped.test(path) && !entry.name.startsWith("."))
    .flatMap(({ entry, path }) => {
      if (entry.isDirectory()) return sourcesIn(root, join(root, path));
      return /\.[cm]?[jt]s$/.test(entry.name) ? [path] : [];
    })
    .sort();
}
