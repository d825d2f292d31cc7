import { Network } from "@pulumi/docker/network.js";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { capture } from "../../../infra/graph/capture.ts";
import { SECRET, UNKNOWN } from "../../../infra/graph/resource.ts";

const run = (program: () => Promise<pulumi.Inputs>) => capture({ project: "p", stack: "s" }, program);

class Pair extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Pair", name);
    const first = new Network(`${name}-first`, { name: pulumi.secret("hunter2") }, { parent: this, protect: true });
    const labels = [
      { label: "first", value: first.name },
      { label: "plain", value: "x" },
    ];
    new Network(`${name}-second`, { name: first.id, labels }, { parent: this, ignoreChanges: ["driver"] });
    this.registerOutputs({});
  }
}

describe("a captured graph", () => {
  test("has everything that the engine would receive", async () => {
    const { resources, outputs } = await run(async () => {
      new Pair("pair");
      return { plain: 1, hidden: pulumi.secret("hunter2") };
    });
    const component = "urn:pulumi:s::p::test:index:Pair::pair";
    const first = "urn:pulumi:s::p::test:index:Pair$docker:index/network:Network::pair-first";
    expect(resources.slice(1)).toMatchObject([
      { urn: component, custom: false, parent: "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s" },
      { urn: first, parent: component, protect: true, inputs: { name: SECRET }, secretPaths: ["name"] },
      {
        parent: component,
        dependsOn: [first],
        ignoreChanges: ["driver"],
        protect: false,
        inputs: {
          name: UNKNOWN,
          labels: [
            { label: "first", value: SECRET },
            { label: "plain", value: "x" },
          ],
        },
        secretPaths: ["labels[0].value"],
      },
    ]);
    expect(resources[2]?.source).toMatch(/^tests\/infra\/graph\/capture\.test\.ts:\d+$/);
    expect(outputs).toEqual({ plain: 1, hidden: SECRET });
    expect(JSON.stringify({ resources, outputs })).not.toContain("hunter2");
  });

  test("refuses two resources of one name, as the engine does", async () => {
    const twice = run(async () => {
      new Network("inside", {});
      new Network("inside", {});
      return {};
    });
    await expect(twice).rejects.toThrow(/Duplicate resource URN 'urn:pulumi:s::p::docker:.*::inside'/);
  });

  test("throws the program's error, and the next run is not affected", async () => {
    await expect(
      run(async () => {
        new Network("lost", {});
        throw new Error("no such thing");
      }),
    ).rejects.toThrow("no such thing");
    const { resources } = await run(async () => ({}));
    expect(resources.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  });
});
