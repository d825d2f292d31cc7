import { createHash } from "node:crypto";

/**
 * The ConfigMap that holds an edge's traffic in a cluster: infra declares it without data, a promoter fills it, and the
 * agent beside each Envoy follows it. The edge to rest on is in another ConfigMap with the same keys.
 */
export const TRAFFIC_CONFIG_MAP = {
  /** The annotation that names the edge to rest on, by its fingerprint. */
  restingAnnotation: "mahavishnu.dev/resting",
  /** The key of the edge itself: settings and position, with host names in place of addresses. */
  edge: "edge.json",
  /** The key that says which edge to rest on a move began from; a move from another one no longer counts. */
  resting: "resting",
} as const;

/** Distinguishes one edge from another, for the two keys above. */
export const fingerprint = (edge: string): string => createHash("sha256").update(edge).digest("hex").slice(0, 16);
