import type { artifactregistry } from "@pulumi/gcp/types/input.js";

type CleanupPolicy = artifactregistry.RepositoryCleanupPolicy;

/** How long an image that no release needs may wait for one, in days. */
const UNNEEDED_DAYS = 30;

/**
 * What the registry may delete: what is old, but never an image that a release needs, however old. In Google's registry
 * the version of an image is its digest, and keeping goes before deleting; an image of several platforms keeps its parts.
 */
export function cleanUpPolicies(images: readonly string[]): CleanupPolicy[] {
  const digests = images.flatMap((image) => /sha256:[0-9a-f]{64}$/.exec(image)?.[0] ?? []);
  return [
    { id: "keep-released", action: "KEEP", condition: { versionNamePrefixes: [...new Set(digests)].sort() } },
    {
      id: "delete-unneeded",
      action: "DELETE",
      condition: { tagState: "ANY", olderThan: `${UNNEEDED_DAYS * 86_400}s` },
    },
  ];
}
