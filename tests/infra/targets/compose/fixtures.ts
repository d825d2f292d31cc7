import type { Settings, SettingsOn } from "../../../../infra/config/schema.ts";
import { parseSettings, settingsOn } from "../../../../infra/config/settings.ts";
import { captureStack } from "../../../../infra/graph/offline.ts";
import type { Graph, GraphResource } from "../../../../infra/graph/resource.ts";
import type { Release } from "../../../../infra/release/release.ts";
import { deploymentOf } from "../../../../infra/stack.ts";
import type { ComposeContainer } from "../../../../infra/targets/compose/container.ts";
import { describeCompose, type HostDescription } from "../../../../infra/targets/compose/description.ts";
import { releaseOf, settingsIn } from "../../../fixtures/releases.ts";

/** How far a stack is: nothing released, one release, a second one beside it, the second one alone. */
export type State = "none" | "stable" | "candidate" | "settled";

export const local = settingsIn("local", "compose");
export const prod = settingsIn("prod", "compose");

export const [first, second] = [releaseOf("local", "r1", "a"), releaseOf("local", "r2", "b")];

/** The id of a service's revision in a release. */
export const idOf = (release: Release, service: string): string =>
  release.revisions.compose?.find((revision) => revision.service === service)?.id ?? "";

/** The settings of local with other ones of this target, and an issuer of tokens where one is named. */
export const localWith = (changes: object, auth?: Settings["edge"]["auth"]): SettingsOn<"compose"> => {
  const file = "Pulumi.local.yaml";
  const changed = {
    ...local,
    edge: { ...local.edge, ...(auth && { auth }) },
    compose: { ...local.compose, ...changes },
  };
  return settingsOn(parseSettings(changed, file), "compose", file);
};

const releasesIn = (state: State) => ({
  stable: { none: undefined, stable: first, candidate: first, settled: second }[state],
  candidate: state === "candidate" ? second : undefined,
});

export const deploymentIn = (state: State, settings: Settings = local) =>
  deploymentOf({
    ...{ stack: "local", file: "Pulumi.local.yaml", target: "compose", settings, releases: releasesIn(state) },
    secret: (name) => {
      throw new Error(`${name} was asked for`);
    },
  });

export const describedIn = (state: State, settings: Settings = local): HostDescription =>
  describeCompose(deploymentIn(state, settings));

/** A container of a description. Throws where there is none. */
export function containerOf({ containers }: HostDescription, key: string): ComposeContainer {
  const found = containers.find((container) => container.key === key);
  if (!found) throw new Error(`no container ${key}; there are ${containers.map(({ key }) => key).join(", ")}`);
  return found;
}

/** What the program makes of the stack in a state. */
export async function graphIn(
  state: State,
  settings: Settings = local,
  name = "local",
): Promise<Graph & { named(name: string): GraphResource }> {
  const stack = { name, file: "Pulumi.local.yaml", settings, secretsSet: [] };
  const { resources, outputs } = await captureStack(stack, releasesIn(state), "compose");
  return {
    ...{ stack: name, target: "compose", resources, outputs },
    named(name) {
      const found = resources.find((resource) => resource.custom && resource.name === name);
      if (!found) throw new Error(`no resource ${name}`);
      return found;
    },
  };
}
