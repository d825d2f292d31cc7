import { isUnpublished } from "../release/unpublished.ts";

/** What whoever takes a stack's description elsewhere must know of its images, in lines: nothing where all can be fetched. */
export function aboutUnpublished(images: Iterable<string>): string[] {
  const missing = [...new Set(images)].filter(isUnpublished).map((image) => `  ${image.split("@")[0]}`);
  return missing.length === 0
    ? []
    : [
        "It cannot run as it stands. No registry holds these images: build images/*, push them, and name them in a release",
        "(npx maha release new) and in the settings (edge.image, promoter.image, backups.image):",
        ...missing,
        "",
      ];
}
