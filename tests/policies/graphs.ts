import { join } from "node:path";
import type { Target } from "../../ecosystem/targets.ts";
import { catalogue } from "../../infra/alerts/catalogue.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { captureStack } from "../../infra/graph/offline.ts";
import { namedReleases } from "../../infra/stack.ts";
import { kindNames } from "../../policies/evidence/kinds.ts";
import { readFacts, type StackFacts } from "../../policies/facts.ts";
import { type DeclaredResource, fromDeclared } from "../../policies/readers/declared-resource.ts";
import { fromProgram } from "../../policies/readers/program.ts";
import { type Report, reportOn } from "../../policies/report.ts";
import { digestOf } from "../../policies/view/container.ts";
import { filed, now } from "./fixtures.ts";

export const root = join(import.meta.dirname, "../..");

const captured = new Map<string, Promise<DeclaredResource[]>>();

/** The resources of a committed stack on a target, as its program declares them: a copy to change at will. */
export async function declaredOf(name: string, target: Target): Promise<DeclaredResource[]> {
  const key = `${name} ${target}`;
  // captures must follow one another
  const before = [...captured.values()].at(-1);
  const declared =
    captured.get(key) ?? Promise.resolve(before).then(() => captureDeclared(readStack(root, name), target));
  captured.set(key, declared);
  return structuredClone(await declared);
}

/** The resources of a stack on a target, whatever its settings say. One capture at a time. */
export async function captureDeclared(
  stack: ReturnType<typeof readStack>,
  target: Target,
): Promise<DeclaredResource[]> {
  const { requests, resources } = await captureStack(stack, namedReleases(root, stack.name, stack.settings), target);
  return fromProgram(requests, resources);
}

/** The report over declared resources, as `maha readiness` makes it. */
export const reportOf = (declared: readonly DeclaredResource[], facts: StackFacts): Report =>
  reportOn(declared.map(fromDeclared), facts);

/** What the repository knows of a stack, on the day of these tests. */
export const knownOf = (stack: string, known: Partial<StackFacts> = {}): StackFacts => ({
  ...readFacts(root, stack, { settings: readStack(root, stack).settings, catalogue, now }),
  ...known,
});

/** Evidence that proves everything about the images that prod's release runs. */
export function allProven(): StackFacts["evidence"] {
  const { stable } = namedReleases(root, "prod", readStack(root, "prod").settings);
  const revisions = Object.values(stable?.revisions ?? {}).flat();
  const digests = Object.fromEntries(revisions.map(({ service, image }) => [service, digestOf(image)]));
  return kindNames.map((kind) => filed(kind, { digests: digests as never }));
}
