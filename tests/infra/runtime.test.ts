import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { runtimeStack } from "../../infra/runtime.ts";
import { configOf } from "../fixtures/project.ts";
import { root } from "../fixtures/releases.ts";

/** What the program reads when the engine runs it for a stack with such a configuration. */
async function read(stack: string, more: Record<string, string> = {}) {
  const unused = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(unused, "mahavishnu", stack, true);
  pulumi.runtime.setAllConfig({ ...configOf(root, "prod"), ...more });
  return runtimeStack();
}

test("the engine's stack is held to the same rules as its file", async () => {
  expect(await read("prod-eu", { "gcp:project": "acme" })).toMatchObject({
    name: "prod-eu",
    file: "Pulumi.prod-eu.yaml",
  });
  await expect(read("Dev_1")).rejects.toThrow(/^stack Dev_1: a stack name has at most 24 lower-case letters/);
  await expect(read("prod", { "mahavisnu:candidate": "r2" })).rejects.toThrow(
    /^Pulumi\.prod\.yaml, mahavisnu:candidate: unknown key; project settings start with mahavishnu: .*\(mahavishnu:candidate\)/,
  );
});
