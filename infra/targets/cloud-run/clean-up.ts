import type { artifactregistry } from "@pulumi/gcp/types/input.js";

type CleanupPolicy = artifactregistry.RepositoryCleanupPolicy;

/** Days for which an image is kept although no release uses it. */
const UNNEEDED_DAYS = 30;

/**
 * The registry's cleanup policies: delete old images, but never one that a release needs, however old. In Artifact Registry
 * an image's version is its digest, keep policies win over delete policies, and a multi-platform image keeps its parts.
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
