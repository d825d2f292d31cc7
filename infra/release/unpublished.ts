import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const REGISTRY = "unpublished.invalid";

/** True for an image that is in no registry. */
export const isUnpublished = (image: string): boolean => image.startsWith(`${REGISTRY}/`);

/** A placeholder reference for an image that is not built yet; its digest covers the build context, so a changed Dockerfile is a new release. */
export function unpublishedImage(root: string, name: string): string {
  const folder = join(root, "images", name);
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(file.slice(folder.length)).update("\0").update(readFileSync(file)).update("\0");
  }
  return `${REGISTRY}/${name}@sha256:${hash.digest("hex")}`;
}
