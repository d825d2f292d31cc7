import type { Revision } from "./release/revision.ts";

/**
 * The names of what we make, in one place. A stack has a project, a host or a namespace of its own only where a name
 * below does not carry the stack.
 */

/** The one small machine of a Cloud Run stack for its single services. */
export const singlesMachine = "singles";

/** A name on a Docker host, in a cluster or a cloud: `mahavishnu-<stack>-<what>`. */
export const named = (stack: string, ...what: string[]): string => ["mahavishnu", stack, ...what].join("-");

/** The namespace of a stack in a cluster. */
export const namespaceOf = (stack: string): string => named(stack);

/** The edge of a stack on a Docker host, and the folder inside it that its Envoy watches. */
export const edgeContainer = (stack: string): string => named(stack, "edge");
export const edgeFolder = "/var/lib/edge";

/** The ConfigMap that holds the edge's files in a cluster once a promoter has moved traffic; declared without data. */
export const edgeConfigMap = "edge-traffic";

/** The labels that everything carries which can carry labels: whose it is, and which revision. */
export const labelsOf = (stack: string, revision?: Pick<Revision, "service" | "id">): Record<string, string> => ({
  "managed-by": "pulumi",
  ecosystem: "mahavishnu",
  stack,
  ...(revision && { service: revision.service, revision: revision.id }),
});
