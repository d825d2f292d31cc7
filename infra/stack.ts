import type * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../ecosystem/secrets.ts";
import type { Target } from "../ecosystem/targets.ts";
import type { Settings } from "./config/schema.ts";
import { SettingsError, settingsOf } from "./config/settings.ts";
import type { Deployment } from "./deployment.ts";
import { readRelease } from "./release/files.ts";
import { isPinned, type Release, type Revisions, revisionsFor } from "./release/release.ts";

/** What a stack's settings name, read: the releases behind `stable` and `candidate`. */
export type Named = { stable: Release | undefined; candidate: Release | undefined };

/** Reads the releases that a stack's settings name. Throws a ReleaseError. */
export function namedReleases(root: string, stack: string, { stable, candidate }: Settings): Named {
  return {
    stable: stable === undefined ? undefined : readRelease(root, stack, stable),
    candidate: candidate === undefined ? undefined : readRelease(root, stack, candidate),
  };
}

/**
 * What a stack has to become on a target. `file` is where its settings stand. Throws a SettingsError or a ReleaseError
 * for what cannot be deployed, before anything exists.
 */
export function deploymentOf(asked: {
  stack: string;
  file: string;
  target: Target;
  settings: Settings;
  releases: Named;
  secret: (name: Secret) => pulumi.Output<string>;
}): Deployment {
  const { stack, file, target, settings, releases, secret } = asked;
  settingsOf(settings, target, file);
  if (stack !== "local") checkImages(settings, file);
  const stable = revisionsOf(releases.stable, target);
  const candidate = new Map(
    [...revisionsOf(releases.candidate, target)].filter(([name, { id }]) => stable.get(name)?.id !== id),
  );
  return { stack, settings, stable, candidate, secret };
}

function checkImages({ edge, backups }: Settings, file: string): void {
  for (const [key, image] of [
    ["edge", edge.image],
    ["backups", backups.image],
  ]) {
    if (image && !isPinned(image)) {
      throw new SettingsError(
        `${file}, mahavishnu:${key}.image: ${image} has no digest, so it may mean something else tomorrow. Example: image: registry.acme.dev/${key}@sha256:...`,
      );
    }
  }
}

const revisionsOf = (release: Release | undefined, target: Target): Revisions =>
  release ? revisionsFor(release, target) : new Map();
