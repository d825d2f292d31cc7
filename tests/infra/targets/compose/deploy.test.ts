import { describe, expect, test } from "vitest";
import { secretNames } from "../../../../ecosystem/secrets.ts";
import { SECRET, UNKNOWN } from "../../../../infra/graph/resource.ts";
import { first, graphIn, idOf, local, localWith, type State, second } from "./fixtures.ts";

const [mv1, mv2] = [idOf(first, "mahavishnu"), idOf(second, "mahavishnu")];
const ak2 = idOf(second, "akosha");

const CONTAINER = "docker:index/container:Container";
const containersIn = async (state: State) =>
  (await graphIn(state)).resources.filter(({ type, inputs }) => type === CONTAINER && inputs.start !== false);

describe("the resources of a stack on a Docker host", () => {
  test("before its first release are its networks and its database", async () => {
    const { resources } = await graphIn("none");
    const made = resources.filter(({ custom }) => custom).map(({ name }) => name);
    expect(made.filter((name) => !name.includes("postgres")).sort()).toEqual(
      ["docker", "inside", "outside"].map((name) => `mahavishnu-local-${name}`),
    );
  });

  test("with a release are a container for each of its parts", async () => {
    expect((await containersIn("stable")).map(({ name }) => name).sort()).toEqual(
      [
        ...["postgres", "postgres-roles", "session-buddy", "akosha", mv1, "edge-files", "edge"],
        ...["backup-save", "backup-check", "backup-vault"],
        ...["alertmanager", "node-exporter", "prometheus"],
      ].sort(),
    );
  });

  test("of a candidate come beside those of the stable, which stay as they are", async () => {
    const [before, after] = [await containersIn("stable"), await containersIn("candidate")];
    const inputsOf = (all: typeof before) => new Map(all.map(({ name, inputs }) => [name, inputs]));
    const added = after.map(({ name }) => name).filter((name) => !inputsOf(before).has(name));
    expect(added.sort()).toEqual([`${ak2}-trial`, mv2, `${idOf(second, "session-buddy")}-trial`].sort());
    for (const key of ["session-buddy", "akosha", mv1, "edge", "postgres", "postgres-roles"]) {
      expect(inputsOf(after).get(key), key).toEqual(inputsOf(before).get(key));
    }
  });

  test("of a settled candidate: revisions that can coexist stay, a single writer replaces the old one", async () => {
    const [before, after] = [await graphIn("candidate"), await graphIn("settled")];
    expect(after.named(mv2).inputs).toEqual(before.named(mv2).inputs);
    const writer = after.named("session-buddy");
    expect(writer.inputs.name).toBe(`mahavishnu-local-${idOf(second, "session-buddy")}`);
    expect(writer.deleteBeforeReplace).toBe(true);
    expect(after.resources.some(({ name }) => name === mv1 || name.endsWith("-trial"))).toBe(false);
  });

  test("start in order: each depends on those before it", async () => {
    const graph = await graphIn("candidate");
    const waitsFor = (name: string, other: string) => graph.named(name).dependsOn.includes(graph.named(other).urn);
    const pairs = [
      ["postgres-roles", "postgres"],
      ["akosha", "session-buddy"],
      ["akosha", "postgres-roles"],
      [mv1, "akosha"],
      ["edge-files", mv2],
      ["edge", "edge-files"],
      ["prometheus", mv1],
    ] as const;
    for (const [name, other] of pairs) expect(waitsFor(name, other), `${name} after ${other}`).toBe(true);
  });

  test("are created on the configured host, with the deployer's registry login if required", async () => {
    const providerOf = async (changes: object) =>
      (await graphIn("none", localWith(changes))).named("mahavishnu-local-docker").inputs;
    expect(await providerOf({})).toEqual({ host: "unix:///var/run/docker.sock" });
    expect(await providerOf({ host: "ssh://deploy@mcp.acme.dev", registry: "registry.acme.dev" })).toEqual({
      host: "ssh://deploy@mcp.acme.dev",
      registryAuth: '[{"address":"registry.acme.dev"}]',
    });
  });

  test("run images by id: pulled by digest, or as given if the image is an id", async () => {
    const { named, resources } = await graphIn("stable", {
      ...local,
      edge: { ...local.edge, image: `sha256:${"e".repeat(64)}` },
    });
    expect(named("edge").inputs.image).toBe(`sha256:${"e".repeat(64)}`);
    expect(named("akosha").inputs.image).toBe(UNKNOWN);
    const fetched = resources.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
    expect(fetched.map(({ name }) => name)).not.toContain("edge-image");
    expect(named("akosha-image").inputs).toEqual({
      name: `registry.acme.dev/akosha@sha256:${"a".repeat(64)}`,
      keepLocally: true,
    });
    expect(named("akosha").dependsOn).toContain(named("akosha-image").urn);
  });

  test("get their secrets by files alone, from a container that never runs", async () => {
    const { named, resources } = await graphIn("stable");
    const files = named(`${mv1}-secrets-files`);
    expect(files.inputs).toMatchObject({
      start: false,
      uploads: ["auth-secret", "mahavishnu-database-password", "mahavishnu-database-url"].map((name) => ({
        file: `/run/secrets/${name}`,
        content: SECRET,
      })),
    });
    const marked = resources.flatMap(({ secretPaths }) => secretPaths);
    expect(marked.every((path) => /^uploads\[\d+\]\.content$/.test(path))).toBe(true);
    for (const secret of secretNames) expect(JSON.stringify(resources)).not.toContain(`<${secret}>`);
    // another value is another container of files, and its id is a label of the one that reads them
    expect(named(mv1).dependsOn).toContain(files.urn);
  });

  test("are protected if they hold data, except on local", async () => {
    const kept = (await graphIn("stable", local, "prod")).resources.filter(({ protect }) => protect);
    expect(kept.map(({ inputs }) => inputs.name).sort()).toEqual(
      ["akosha-data", "postgres-data", "session-buddy-data"].map((name) => `mahavishnu-prod-${name}`),
    );
    expect((await graphIn("stable")).resources.filter(({ protect }) => protect)).toEqual([]);
  });
});
