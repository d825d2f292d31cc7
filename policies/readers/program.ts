import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { type DeclaredResource, SIGNATURE } from "./declared-resource.ts";

/** What the capture adds to each request. */
type Described = { urn: string; secretPaths: readonly string[] };

/** The resources that a program registered, request by request. */
export const fromProgram = (
  requests: readonly RegisterResourceRequest[],
  described: readonly Described[],
): DeclaredResource[] =>
  requests.map((request, i) => ({
    type: request.getType(),
    name: request.getName(),
    urn: described[i]?.urn ?? "",
    inputs: withoutReferences(request.getObject()?.toJavaScript() ?? {}) as object,
    protect: request.getProtect() === true,
    parent: request.getParent(),
    dependencies: request.getDependenciesList(),
    references: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([property, from]) => [property, from.getUrnsList()]),
    ),
    secretPaths: new Set(described[i]?.secretPaths),
  }));

const REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e";

/** The engine shows policies the URN instead of a resource reference. */
function withoutReferences(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutReferences);
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === REFERENCE) return object.urn;
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, withoutReferences(item)]));
}
