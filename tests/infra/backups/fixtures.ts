import type { Target } from "../../../ecosystem/targets.ts";
import type { Backed } from "../../../infra/backups/jobs.ts";
import type { Settings } from "../../../infra/config/schema.ts";
import { settingsOn } from "../../../infra/config/settings.ts";
import { readStack } from "../../../infra/config/stack-file.ts";
import { captureStack } from "../../../infra/graph/offline.ts";
import type { GraphResource } from "../../../infra/graph/resource.ts";
import { revisionsFor } from "../../../infra/release/release.ts";
import { releaseOf, root } from "../../fixtures/releases.ts";

/** A committed stack on a target with one release, or before its first one; some settings changed. */
export function backedOn<T extends Target>(
  stack: string,
  target: T,
  change: Partial<Settings> = {},
  released = true,
): Backed<T> {
  const read = readStack(root, stack);
  const settings = settingsOn({ ...read.settings, ...change }, target, read.file);
  const stable = released ? revisionsFor(releaseOf(stack, "r9", "a"), target) : new Map();
  return { stack, settings, stable, candidate: new Map() };
}

/** The resources of the real program that are about backups. */
export async function backupsOn(stack: string, target: Target, released = true): Promise<GraphResource[]> {
  const read = readStack(root, stack);
  const releases = { stable: released ? releaseOf(stack, "r9", "a") : undefined, candidate: undefined };
  const { resources } = await captureStack(read, releases, target);
  return resources.filter(({ source }) => /^infra\/targets\/[^/]+\/backups\//.test(source));
}
