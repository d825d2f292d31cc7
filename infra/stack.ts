import type * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../ecosystem/secrets.ts";
import type { Target } from "../ecosystem/targets.ts";
import type { Settings, SettingsOn } from "./config/schema.ts";
import { SettingsError, settingsOn } from "./config/settings.ts";
import { type Deployment, revisionsOf } from "./deployment.ts";
import { readRelease, releasesOf } from "./release/files.ts";
import { imagesOf, isPinned, type Release, ReleaseError, type Revisions, revisionsFor } from "./release/release.ts";
import type { Revision } from "./release/revision.ts";
import { isUnpublished } from "./release/unpublished.ts";
import { requiredSecrets } from "./secrets/required.ts";
import { openBarrier } from "./traffic-guard.ts";

/** The releases that a stack's settings name as `stable` and `candidate`, and those that they named before. */
export type NamedReleases = {
  stable: Release | undefined;
  candidate: Release | undefined;
  previous?: readonly Release[];
};

/** Reads the releases that a stack's settings name. Throws a ReleaseError. */
export function namedReleases(root: string, stack: string, { stable, candidate }: Settings): NamedReleases {
  return {
    stable: stable === undefined ? undefined : readRelease(root, stack, stable),
    candidate: candidate === undefined ? undefined : readRelease(root, stack, candidate),
    previous: releasesOf(root, stack).filter(({ name }) => name !== stable && name !== candidate),
  };
}

/** The revisions that a stack's releases run on its target. Throws a ReleaseError. */
export function revisionsNamed(root: string, stack: string, settings: SettingsOn): Revision[] {
  const { stable, candidate } = namedReleases(root, stack, settings);
  return [stable, candidate].flatMap((release) => release?.revisions[settings.target] ?? []);
}

/**
 * Throws a ReleaseError when an image to be deployed is in no registry: such a stack can be inspected, but not deployed.
 * On Cloud Run nothing runs before the first release, so the stack can create its registry first.
 */
export function checkPublished(
  { stable, candidate }: NamedReleases,
  settings: Settings,
  { stack, file }: { stack: string; file: string },
): void {
  const { target } = settings;
  for (const release of [stable, candidate]) {
    const image = release && imagesOf(release, target).find(isUnpublished);
    if (image) {
      throw new ReleaseError(
        `release ${release.name} of ${stack} runs ${image}, which is not in a registry. Build images/*, push them to your registry, name edge.image, promoter.image and backups.image in ${file}, then: npx maha release new --stack ${stack} --image SERVICE=REF@sha256:... and name the new release instead of ${release.name}`,
      );
    }
  }
  if (target === "cloud-run" && !stable) return;
  const own = Object.entries(ownImages(settings)).find(([, image]) => isUnpublished(image));
  if (own) {
    throw new ReleaseError(
      `${file}, mahavishnu:${own[0]}.image: this image is not in a registry. Build images/*, push it to your registry and set its digest`,
    );
  }
}

/** Throws a SettingsError that names every missing secret of a deployment: without this check, half a stack would be created. */
export function checkSecrets(set: readonly string[], deployment: Deployment): void {
  const { stack, settings } = deployment;
  const missing = requiredSecrets(settings, revisionsOf(deployment)).filter((name) => !set.includes(name));
  if (missing.length > 0) {
    throw new SettingsError(
      `${stack} has no value for ${missing.join(", ")}. Run npx maha secrets init --stack ${stack}: it generates what it can and prints how to set the others`,
    );
  }
}

/**
 * The deployment of a stack on a target, without a traffic guard. `file` is its settings file. Throws a SettingsError or a
 * ReleaseError when it cannot be deployed, before anything is created.
 */
export function deploymentOf<T extends Target>(asked: {
  stack: string;
  file: string;
  target: T;
  settings: Settings;
  releases: NamedReleases;
  secret: (name: Secret) => pulumi.Output<string>;
}): Deployment<T> {
  const { stack, file, target, releases, secret } = asked;
  const settings = settingsOn(asked.settings, target, file);
  if (stack !== "local") checkImages(settings, file);
  const stable = ofRelease(releases.stable, target);
  const candidate = new Map(
    [...ofRelease(releases.candidate, target)].filter(([name, { id }]) => stable.get(name)?.id !== id),
  );
  const named = [releases.stable, releases.candidate, ...(releases.previous ?? [])].filter((one) => one !== undefined);
  const images = [
    ...new Set([...named.flatMap((release) => imagesOf(release)), ...Object.values(ownImages(settings))]),
  ];
  return { stack, settings, stable, candidate, images, secret, barrier: openBarrier };
}

/** The images that a stack runs besides its services, by the settings key that names them. */
const ownImages = ({ edge, promoter, backups }: Settings) => ({
  edge: edge.image,
  promoter: promoter.image,
  backups: backups.image,
});

function checkImages(settings: Settings, file: string): void {
  for (const [key, image] of Object.entries(ownImages(settings))) {
    if (!isPinned(image)) {
      throw new SettingsError(
        `${file}, mahavishnu:${key}.image: ${image} has no digest, and a tag can move. Example: image: registry.acme.dev/${key}@sha256:...`,
      );
    }
  }
}

const ofRelease = (release: Release | undefined, target: Target): Revisions =>
  release ? revisionsFor(release, target) : new Map();
