import { createHash } from "node:crypto";

/** A digest of some content, independent of key order. */
export const contentDigest = (content: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(inOrder(content)))
    .digest("hex");

/** The same value with its keys sorted. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, inOrder(item)]),
  );
}
