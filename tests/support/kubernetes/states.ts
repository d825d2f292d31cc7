import { readStack } from "../../../infra/config/stack-file.ts";
import type { Capture } from "../../../infra/graph/capture.ts";
import { captureStack } from "../../../infra/graph/offline.ts";
import type { GraphResource, Inputs } from "../../../infra/graph/resource.ts";
import { releaseOf, root } from "../releases.ts";

/** How far a stack is: nothing released, one release, a second one beside it, the second one alone. */
export type State = "none" | "stable" | "candidate" | "settled";

export const prod = readStack(root, "prod");
export const [first, second] = [releaseOf("prod", "r1", "a"), releaseOf("prod", "r2", "b")];

/** The revision of a service in one of the two releases. */
export function revisionOf(release: typeof first, service: string) {
  const found = release.revisions.kubernetes?.find((revision) => revision.service === service);
  if (!found) throw new Error(`no revision of ${service}`);
  return found;
}

/** What the program makes of prod in a cluster. */
export function stateOf(state: State, settings = prod.settings): Promise<Capture> {
  const releases = {
    stable: { none: undefined, stable: first, candidate: first, settled: second }[state],
    candidate: state === "candidate" ? second : undefined,
  };
  return captureStack({ ...prod, settings }, releases, "kubernetes");
}

/** The objects of a kind, by name. */
export function objects({ resources }: Pick<Capture, "resources">, kind: string): Record<string, GraphResource> {
  const found = resources.filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`));
  return Object.fromEntries(found.map((resource) => [(resource.inputs.metadata as { name: string }).name, resource]));
}

/** A value deep in an object's inputs: `at(deployment, "spec", "template")`. */
export const at = (resource: GraphResource | undefined, ...path: (string | number)[]): Inputs =>
  path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | undefined)?.[key],
    resource?.inputs,
  ) as Inputs;
