import type { ServiceName } from "../../../../ecosystem/services.ts";
import type { Settings } from "../../../../infra/config/schema.ts";
import { parseSettings } from "../../../../infra/config/settings.ts";
import { readStack } from "../../../../infra/config/stack-file.ts";
import { captureStack } from "../../../../infra/graph/offline.ts";
import type { Graph, GraphResource } from "../../../../infra/graph/resource.ts";
import { makeRelease } from "../../../../infra/release/make.ts";
import type { Release } from "../../../../infra/release/release.ts";
import type { Revision } from "../../../../infra/release/revision.ts";
import { imagesOf, root } from "../../../fixtures/releases.ts";

export const { settings: prod } = readStack(root, "prod");

/** The settings of prod on Cloud Run with other ones of that target. */
export const cloudRunWith = (changes: object): Settings =>
  parseSettings({ ...prod, cloudRun: { ...prod.cloudRun, ...changes } }, "Pulumi.prod.yaml");

/** A release with images of such a digest. */
export const releaseOf = (name: string, digit: string, settings: Settings = prod): Release =>
  makeRelease({ stack: "prod", name, settings, images: imagesOf(digit), created: new Date(0) });

export function revisionOf(service: ServiceName, digit: string, settings: Settings = prod): Revision {
  const revisions = releaseOf("r1", digit, settings).revisions["cloud-run"] ?? [];
  return revisions.find((revision) => revision.service === service) as Revision;
}

/** The graph of prod on Cloud Run with such settings, in a state: nothing released, one release, a candidate beside it. */
export async function graphOf(
  settings: Settings,
  state: "none" | "stable" | "candidate",
  previous: Release[] = [],
): Promise<CloudGraph> {
  const stack = { name: "prod", file: "Pulumi.prod.yaml", settings, secretsSet: [] };
  const releases = {
    stable: state === "none" ? undefined : releaseOf("r1", "a", settings),
    candidate: state === "candidate" ? releaseOf("r2", "b", settings) : undefined,
    previous,
  };
  const { resources, outputs } = await captureStack(stack, releases, "cloud-run");
  return {
    outputs,
    resources,
    those: (type) => resources.filter((resource) => resource.type.endsWith(`:${type}`)),
    one(name, type = "") {
      const found = resources.filter((resource) => resource.name === name && resource.type.endsWith(type));
      if (found.length !== 1) throw new Error(`${found.length} resources are called ${name}`);
      return found[0] as GraphResource;
    },
  };
}

export type CloudGraph = Pick<Graph, "resources" | "outputs"> & {
  /** All of a type: `Secret`. */
  those(type: string): GraphResource[];
  one(name: string, type?: string): GraphResource;
};

/** The graphs of prod in its states: with a domain as it is, without one (`open`), and with people who sign in (`iap`). */
const graphs = {
  none: () => graphOf(prod, "none"),
  stable: () => graphOf(prod, "stable"),
  candidate: () => graphOf(prod, "candidate", [releaseOf("r0", "f")]),
  open: () => graphOf(cloudRunWith({ domain: undefined }), "stable"),
  openCandidate: () => graphOf(cloudRunWith({ domain: undefined }), "candidate"),
  iap: () => graphOf(cloudRunWith({ access: "iap" }), "candidate"),
} as const;

/** Some of them, made once for a suite. */
export async function graphsOf<Name extends keyof typeof graphs>(...names: Name[]): Promise<Record<Name, CloudGraph>> {
  const made: [Name, CloudGraph][] = [];
  for (const name of names) made.push([name, await graphs[name]()]); // one at a time: captures must not overlap
  return Object.fromEntries(made) as Record<Name, CloudGraph>;
}
