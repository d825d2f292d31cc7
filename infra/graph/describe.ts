import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { masked } from "./properties.ts";
import type { GraphResource, Inputs } from "./resource.ts";

/** A resource as the program registered it. */
export function describe(request: RegisterResourceRequest, urn: string): GraphResource {
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    custom: request.getCustom(),
    parent: request.getParent(),
    dependsOn: [...request.getDependenciesList()].sort(),
    // `urn::id`; the id is not known yet
    provider: request.getProvider().replace(/::[^:]*$/, ""),
    protect: request.getProtect() === true,
    ignoreChanges: [...request.getIgnorechangesList()],
    replaceOnChanges: [...request.getReplaceonchangesList()],
    deleteBeforeReplace: request.getDeletebeforereplace() === true,
    ...masked(plain(request.getObject())),
    source: sourceOf(request),
  };
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The innermost frame in our own program; Pulumi mistakes the URLs of ESM frames for paths and converts them to URLs again. */
function sourceOf(request: RegisterResourceRequest): string {
  const places = (request.getStacktrace()?.getFramesList() ?? []).flatMap((frame) => {
    const place = frame.getPc();
    const file = place && relative(root, fileURLToPath(place.getUri().replace(/^.*\/file:\//, "file:///")));
    return file ? [`${file}:${place.getLine()}`] : [];
  });
  return places.find((place) => !/^(\.\.|node_modules|infra\/graph)\//.test(place)) ?? "";
}

/** Converts a protocol object to plain values. */
export const plain = (object: { toJavaScript(): object } | undefined): Inputs =>
  (object?.toJavaScript() ?? {}) as Inputs;

/** A URN in the engine's format: the parents' types come before the resource's own. */
export function urnOf(request: RegisterResourceRequest, project: string, stack: string): string {
  const parentType = request.getParent().split("::")[2] ?? "";
  const inside = parentType === "" || parentType === "pulumi:pulumi:Stack" ? "" : `${parentType}$`;
  return `urn:pulumi:${stack}::${project}::${inside}${request.getType()}::${request.getName()}`;
}
