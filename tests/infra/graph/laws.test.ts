import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { secretNames } from "../../../ecosystem/secrets.ts";
import { targets } from "../../../ecosystem/targets.ts";
import { splitsOf } from "../../../edge/routes.ts";
import { checkNamedEdge } from "../../../edge/settings.ts";
import { captureStack } from "../../../infra/graph/offline.ts";
import type { GraphResource, Inputs } from "../../../infra/graph/resource.ts";
import { releasesOf, settingsOn, stackName } from "./arbitraries.ts";

/** The longest and the allowed form of a name, by what it names. */
const limits: [RegExp, (inputs: Inputs) => unknown, RegExp][] = [
  [/^gcp:cloudrunv2\/service:Service$/, (inputs) => inputs.name, /^[a-z][a-z0-9-]{0,47}[a-z0-9]$/],
  [/^gcp:cloudrunv2\/job:Job$/, (inputs) => inputs.name, /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/],
  [/^gcp:serviceaccount\/account:Account$/, (inputs) => inputs.accountId, /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/],
  [/^gcp:storage\/bucket:Bucket$/, (inputs) => inputs.name, /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/],
  [/^gcp:secretmanager\/secret:Secret$/, (inputs) => inputs.secretId, /^[A-Za-z0-9_-]{1,255}$/],
  [/^gcp:sql\/databaseInstance:DatabaseInstance$/, (inputs) => inputs.name, /^[a-z][a-z0-9-]{0,96}[a-z0-9]$/],
  // the name of an attachment is that of the policy which a disk gets
  [/^gcp:compute\/(?!diskResourcePolicyAttachment:)/, (inputs) => inputs.name, /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/],
  [/^docker:index\/(container|network|volume):/, (inputs) => inputs.name, /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/],
  [/^gcp:dns\/managedZone:ManagedZone$/, (inputs) => inputs.name, /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/],
  [/^gcp:logging\/projectSink:ProjectSink$/, (inputs) => inputs.name, /^[A-Za-z0-9_.-]{1,100}$/],
  [/^gcp:logging\/projectBucketConfig:/, (inputs) => inputs.bucketId, /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/],
  [/^gcp:pubsub\/(topic|subscription):/, (inputs) => inputs.name, /^[A-Za-z][A-Za-z0-9_.~+%-]{2,254}$/],
  [/^kubernetes:core\/v1:Namespace$/, (inputs) => nameIn(inputs.metadata), /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/],
  [/^kubernetes:/, (inputs) => nameIn(inputs.metadata), /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/],
];

const nameIn = (metadata: unknown) => (metadata as { name?: unknown } | undefined)?.name;

/** All strings in a value. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}

/** All values that stand under a key, wherever. */
function under(value: unknown, key: string): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [...(name === key ? [item] : []), ...under(item, key)]);
}

const kindOf = ({ type }: GraphResource) => type.split(":").at(-1) ?? "";

/** What a cluster's objects name of each other must be there; its own authority's certificate is in every namespace. */
function expectNoDanglingNames(resources: GraphResource[]): void {
  const there = new Set(resources.map((resource) => `${kindOf(resource)} ${nameIn(resource.inputs.metadata)}`));
  const named = resources.flatMap(({ inputs }) => [
    ...under(inputs, "configMap").map((found) => ["ConfigMap", nameIn(found)]),
    ...under(inputs, "configMapRef").map((found) => ["ConfigMap", nameIn(found)]),
    ...under(inputs, "secretKeyRef").map((found) => ["Secret", nameIn(found)]),
    ...under(inputs, "secretName").map((found) => ["Secret", found]),
    ...under(inputs, "claimName").map((found) => ["PersistentVolumeClaim", found]),
    ...under(inputs, "serviceAccountName").map((found) => ["ServiceAccount", found]),
  ]);
  there.add("ConfigMap kube-root-ca.crt");
  for (const [kind, name] of named) if (typeof name === "string") expect(there).toContain(`${kind} ${name}`);
}

/** Every split of new traffic in the graph, in percent. Edges are described in it as text. */
function splits(resources: GraphResource[]): number[][] {
  const cloud = resources.flatMap(({ inputs }) => under(inputs, "traffics") as { percent?: number }[][]);
  const envoy = resources
    .flatMap(({ inputs }) => strings(inputs))
    .filter((text) => text.startsWith("{") && text.includes('"position"'))
    .flatMap((text) => Object.values(splitsOf(checkNamedEdge(JSON.parse(text), "the graph"))));
  return [
    ...cloud.map((traffics) => traffics.map(({ percent = 0 }) => percent)),
    ...envoy.map((split) => Object.values(split)),
  ];
}

/** The counterexample is a whole stack: its seed and path say more. */
const short = async <T>({ failed, seed, counterexamplePath, errorInstance }: fc.RunDetails<T>) => {
  if (failed) throw new Error(`seed ${seed}, path "${counterexamplePath}"`, { cause: errorInstance });
};

describe.each(targets)("any valid settings and any state on %s", (target) => {
  test("give a graph without plaintext secrets, dangling references or names that do not fit, and traffic that sums to 100", async () => {
    const deployments = fc
      .tuple(stackName, settingsOn(target))
      .chain(([name, settings]) => fc.tuple(fc.constant(name), fc.constant(settings), releasesOf(name, settings)));
    await fc.assert(
      fc.asyncProperty(deployments, async ([name, settings, releases]) => {
        const stack = { name, file: "generated", settings, secretsSet: [] };
        const { resources } = await captureStack(stack, releases, target);

        const clear = strings(resources.map(({ inputs }) => inputs));
        for (const name of secretNames) expect(clear.filter((text) => text.includes(`<${name}>`))).toEqual([]);

        const urns = resources.map(({ urn }) => urn);
        for (const { dependsOn, parent, provider } of resources) {
          for (const urn of [...dependsOn, parent, provider]) if (urn !== "") expect(urns).toContain(urn);
        }
        expectNoDanglingNames(resources);

        const names = resources.flatMap((resource) => {
          const rule = limits.find(([type]) => type.test(resource.type));
          const name = rule?.[1](resource.inputs);
          if (!rule || typeof name !== "string") return [];
          expect(name, resource.type).toMatch(rule[2]);
          return [`${resource.type} ${name}`];
        });
        expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);

        const found = splits(resources);
        for (const percents of found) expect(percents.reduce((sum, percent) => sum + percent, 0)).toBe(100);
        // single services have no split on Cloud Run: their candidates answer beside them on the machine
        const split = releases.stable?.revisions[target]?.some(
          ({ sessions }) => target !== "cloud-run" || sessions !== "single",
        );
        expect(found.length > 0).toBe(split ?? false);
      }),
      { numRuns: 12, endOnFailure: true, asyncReporter: short },
    );
  }, 60_000);
});
