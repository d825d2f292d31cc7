import { targetsOf } from "../../infra/config/settings.ts";
import { readStack, stackNames } from "../../infra/config/stack-file.ts";
import { graphOf } from "../../infra/graph/offline.ts";
import type { Graph, GraphResource } from "../../infra/graph/resource.ts";

/** The graph of every stack on every target that it has settings for, as text, by file name; made under an empty environment, so that no shell leaks in. */
export async function goldenGraphs(root: string): Promise<Map<string, string>> {
  const graphs = new Map<string, string>();
  const environment = process.env;
  process.env = {};
  try {
    for (const stack of stackNames(root)) {
      for (const target of targetsOf(readStack(root, stack).settings)) {
        graphs.set(`${stack}-${target}.json.golden`, textOf(await graphOf(root, stack, target)));
      }
    }
  } finally {
    process.env = environment;
  }
  return graphs;
}

const textOf = ({ resources, ...graph }: Graph): string =>
  `${JSON.stringify({ ...graph, resources: resources.map(shown) }, null, 1)}\n`;

/** Without the line that made it, which every edit moves, and without what is not so. */
function shown({ source: _, urn: __, ...resource }: GraphResource) {
  const short = (urn: string) => urn.split("::").slice(2).join("::");
  const given = {
    ...resource,
    parent: short(resource.parent),
    provider: short(resource.provider),
    dependsOn: resource.dependsOn.map(short),
  };
  return Object.fromEntries(
    Object.entries(given).filter(
      ([, value]) => value !== false && value !== "" && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
