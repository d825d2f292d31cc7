import { expect, test } from "vitest";
import { fromState } from "../../../policies/readers/state.ts";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const urn = (type: string, name: string) => `urn:pulumi:prod::mahavishnu::${type}::${name}`;
const state = (...resources: object[]) => JSON.stringify({ version: 3, deployment: { resources } });

test("resources are read as declared; secret values are left out, and their paths recorded", () => {
  const [declared] = fromState(
    state({
      urn: urn("kubernetes:core/v1:Secret", "s"),
      type: "kubernetes:core/v1:Secret",
      custom: true,
      protect: true,
      parent: urn("x:y:Z", "p"),
      dependencies: [urn("a:b:C", "d")],
      propertyDependencies: { metadata: [urn("a:b:C", "d")] },
      inputs: { stringData: { ...SECRET, ciphertext: "AAAA" }, list: [{ ...SECRET, plaintext: '"open"' }], plain: 1 },
      outputs: { other: true },
    }),
    "state.json",
  );
  expect(declared).toEqual({
    ...{ type: "kubernetes:core/v1:Secret", name: "s", urn: urn("kubernetes:core/v1:Secret", "s"), protect: true },
    ...{ parent: urn("x:y:Z", "p"), dependencies: [urn("a:b:C", "d")], references: { metadata: [urn("a:b:C", "d")] } },
    inputs: { stringData: "[secret]", list: ["[secret]"], plain: 1 },
    secretPaths: new Set(["stringData", "list[0]"]),
  });
});

test("resources pending deletion, and providers, are not part of the stack", () => {
  const resources = [
    { urn: urn("pulumi:providers:gcp", "google"), type: "pulumi:providers:gcp" },
    { urn: urn("a:b:C", "old"), type: "a:b:C", delete: true },
    { urn: urn("a:b:C", "new"), type: "a:b:C" },
  ];
  expect(fromState(state(...resources), "state.json").map(({ name }) => name)).toEqual(["new"]);
});

test.each([
  ["", "not JSON"],
  ["null", "deployment.resources"],
  ["[]", "deployment.resources"],
  ['{"deployment":{}}', "deployment.resources"],
  [state({ type: "a:b:C" }), "deployment.resources[0] has no URN"],
])("%j is no state", (text, words) => {
  expect(() => fromState(text, "state.json")).toThrow(words);
});
