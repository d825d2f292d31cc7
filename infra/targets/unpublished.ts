import { isUnpublished } from "../release/unpublished.ts";

/** A warning, in lines, about images of a stack's description that cannot be pulled; empty if all can. */
export function aboutUnpublished(images: Iterable<string>): string[] {
  const missing = [...new Set(images)].filter(isUnpublished).map((image) => `  ${image.split("@")[0]}`);
  return missing.length === 0
    ? []
    : [
        "It cannot be deployed as it is. These images are not in a registry: build images/*, push them, and name them in a release",
        "(npx maha release new) and in the settings (edge.image, promoter.image, backups.image):",
        ...missing,
        "",
      ];
}
