import { readFileSync } from "node:fs";
import { mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { secretNames } from "../../ecosystem/secrets.ts";
import { writeRelease } from "../../infra/release/files.ts";
import type { Release } from "../../infra/release/release.ts";

/** A project folder of its own with the repository's program and nothing but the given releases. */
export async function projectWith(root: string, ...releases: Release[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "maha-project-"));
  const parts = ["infra", "promotion", "edge", "ecosystem", "images", "node_modules", "package.json", "Pulumi.yaml"];
  for (const part of parts) await symlink(join(root, part), join(folder, part));
  for (const release of releases) writeRelease(folder, release);
  return folder;
}

/** A committed stack's settings as the engine hands them over, every secret set, and some settings changed; undefined takes one out. */
export function configOf(root: string, stack: string, changes: Record<string, unknown> = {}): Record<string, string> {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  const secrets = Object.fromEntries(secretNames.map((name) => [name, `value of ${name}`]));
  const own = Object.fromEntries(
    Object.entries({ secrets, ...changes }).map(([key, value]) => [`mahavishnu:${key}`, value]),
  );
  return Object.fromEntries(
    Object.entries({ ...config, ...own })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
