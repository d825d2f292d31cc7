import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../ecosystem/json.ts";
import { RELEASE_NAME } from "../config/schema.ts";
import { checkRelease, type Release, ReleaseError } from "./release.ts";

/** The folder of a stack's releases. */
const folderOf = (root: string, stack: string) => join(root, "releases", stack);
const fileOf = (stack: string, name: string) => join("releases", stack, `${name}.json`);

const namesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []) : [];

/** The releases of a stack, oldest first. Throws a ReleaseError for a file that is not a release. */
export function releasesOf(root: string, stack: string): Release[] {
  const names = namesIn(folderOf(root, stack));
  const stray = names.find((name) => !RELEASE_NAME.test(name));
  if (stray !== undefined) {
    throw new ReleaseError(
      `${fileOf(stack, stray)} is not a release: a release name has only lower-case letters, digits, dots and dashes. Delete the file if it is a copy, or move it out of ${join("releases", stack)}`,
    );
  }
  return names
    .map((name) => readRelease(root, stack, name))
    .sort((a, b) => a.created.localeCompare(b.created) || a.name.localeCompare(b.name));
}

/** Reads a release. Throws a ReleaseError that lists the existing releases, or the problem with the file. */
export function readRelease(root: string, stack: string, name: string): Release {
  const file = fileOf(stack, name);
  if (!RELEASE_NAME.test(name) || !existsSync(join(root, file))) {
    const others = namesIn(folderOf(root, stack));
    throw new ReleaseError(
      `${file}: no such release. Releases of ${stack}: ${others.join(", ") || "none"}. To make a new one: npx maha release new --stack ${stack} --image SERVICE=REF@sha256:...`,
    );
  }
  const release = checkRelease(parsed(readFileSync(join(root, file), "utf8"), file), file);
  if (release.name !== name || release.stack !== stack) {
    throw new ReleaseError(
      `${file} contains release ${release.name} of ${release.stack}; a release must stay in its own file`,
    );
  }
  return release;
}

/** Writes a new release. Throws a ReleaseError if the name is taken. */
export function writeRelease(root: string, release: Release): string {
  const file = fileOf(release.stack, release.name);
  mkdirSync(folderOf(root, release.stack), { recursive: true });
  try {
    writeFileSync(join(root, file), `${JSON.stringify(release, null, 2)}\n`, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new ReleaseError(`${file} already exists, and releases are never edited. Choose another --name`);
  }
  return file;
}

function parsed(text: string, file: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new ReleaseError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
