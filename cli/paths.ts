import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The folder the command was run from. npm runs its scripts in the checkout and sets INIT_CWD to that folder. */
export function typedIn(cwd: string = process.cwd(), initial: string | undefined = process.env.INIT_CWD): string {
  return initial && cwd === checkout ? initial : cwd;
}

/** Resolves a path from the command line, relative to where the command was run. */
export const pathOption = (path: string): string => resolve(typedIn(), path);

/** The folder with the stacks and releases: the nearest parent with a Pulumi.yaml, else where the command was run. */
export function projectFolder(from: string = typedIn()): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (folder === dirname(folder)) return from;
  }
}
