import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The folder a command was typed in. npm runs its scripts in the checkout, and keeps that folder in INIT_CWD. */
export function typedIn(cwd: string = process.cwd(), initial: string | undefined = process.env.INIT_CWD): string {
  return initial && cwd === checkout ? initial : cwd;
}

/** Reads an option or argument that is a path: relative to where the command was typed. */
export const pathOption = (path: string): string => resolve(typedIn(), path);

/** The folder whose stacks and releases a verb works on: the nearest above with a Pulumi.yaml, else the one it was typed in. */
export function projectFolder(from: string = typedIn()): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (folder === dirname(folder)) return from;
  }
}
