import type { Graph, GraphResource } from "./resource.ts";

/** A graph as text: each resource below its parent component, with the source line that creates it. */
export function asTree({ stack, target, resources }: Graph): string[] {
  const made = resources.filter(({ custom }) => custom).length;
  const root = resources.find(({ parent }) => parent === "");
  const lines = (parent: string, depth: number): string[] =>
    resources
      .filter((resource) => resource.parent === parent)
      .flatMap((resource) => [line(resource, depth), ...lines(resource.urn, depth + 1)]);
  return [`${stack} on ${target}: ${made} resources`, ...(root ? lines(root.urn, 1) : [])];
}

function line({ type, name, protect, source }: GraphResource, depth: number): string {
  return `${"  ".repeat(depth)}${name}  ${type}${protect ? "  protected" : ""}  ${source}`;
}
