import { describe, expect, test } from "vitest";
import { makeRelease } from "../../../../infra/release/make.ts";
import { revisionsFor } from "../../../../infra/release/release.ts";
import { describeCompose, type HostDescription } from "../../../../infra/targets/compose/description.ts";
import { imagesOf } from "../../../fixtures/releases.ts";
import { containerOf, deploymentIn, describedIn, first, idOf, local, type State, second } from "./fixtures.ts";

const keysIn = (state: State) =>
  describedIn(state)
    .containers.filter(({ revision }) => revision)
    .map(({ key }) => key);

const [sb1, sb2] = [idOf(first, "session-buddy"), idOf(second, "session-buddy")];
const [ak1, ak2] = [idOf(first, "akosha"), idOf(second, "akosha")];
const [mv1, mv2] = [idOf(first, "mahavishnu"), idOf(second, "mahavishnu")];

describe("the containers of the services", () => {
  test.each<[State, string[]]>([
    ["none", []],
    ["stable", ["session-buddy", "akosha", mv1]],
    ["candidate", ["session-buddy", `${sb2}-trial`, "akosha", `${ak2}-trial`, mv1, mv2]],
    ["settled", ["session-buddy", "akosha", mv2]],
  ])("are one for each live revision (state: %s)", (state, keys) => {
    expect(keysIn(state)).toEqual(keys);
  });

  test("are named by their revisions, so that two coexist", () => {
    const names = describedIn("candidate")
      .containers.filter(({ revision }) => revision)
      .map(({ name }) => name.replace("mahavishnu-local-", ""));
    expect(names).toEqual([sb1, `${sb2}-trial`, ak1, `${ak2}-trial`, mv1, mv2]);
  });

  test("start in the order session-buddy, akosha, mahavishnu; a candidate after its stable", () => {
    const described = describedIn("candidate");
    const waitsFor = (key: string) => containerOf(described, key).after;
    expect(waitsFor("session-buddy")).toEqual([]);
    expect(waitsFor("akosha")).toEqual(["session-buddy", "postgres-roles"]);
    expect(waitsFor(mv1)).toEqual(["akosha", "postgres-roles"]);
    expect(waitsFor(mv2)).toEqual([mv1, "postgres-roles"]);
    expect(waitsFor(`${ak2}-trial`)).toEqual(["akosha", "postgres-roles"]);
    // nobody waits for a candidate but who leads traffic to it
    const waiting = described.containers.filter(({ after }) => after.includes(mv2)).map(({ key }) => key);
    expect(waiting).toContain("edge-files");
  });

  test("that are settled do not change, if revisions can coexist", () => {
    const [before, after] = [describedIn("candidate"), describedIn("settled")].map((described) => {
      const { after: _, ...rest } = containerOf(described, mv2);
      return rest;
    });
    expect(after).toEqual(before);
  });

  test("of a single service are one writer of its volume, and a candidate with a scratch volume", () => {
    const volumes = (state: State, key: string) =>
      (containerOf(describedIn(state), key).mounts ?? []).flatMap((mount) => ("volume" in mount ? [mount.volume] : []));
    expect(volumes("candidate", "session-buddy")).toEqual([{ key: "session-buddy-data", keeps: true }]);
    expect(volumes("candidate", `${sb2}-trial`)).toEqual([{ key: `${sb2}-scratch`, keeps: false }]);
    // settled, the new revision is the writer: under the same key, so the old one goes first
    expect(volumes("settled", "session-buddy")).toEqual([{ key: "session-buddy-data", keeps: true }]);
    expect(containerOf(describedIn("settled"), "session-buddy").revision?.id).toBe(sb2);
  });

  test.each<State>(["stable", "candidate", "settled"])("never write to one volume with two (state: %s)", (state) => {
    const writers = describedIn(state)
      .containers.filter(({ revision }) => revision)
      .flatMap(({ mounts = [] }) =>
        mounts.flatMap((mount) => ("volume" in mount && !mount.readOnly ? [mount.volume.key] : [])),
      );
    expect(new Set(writers).size).toBe(writers.length);
  });

  test("leave the stack's network only for the internet, where they need it, or for a collector", () => {
    const outside = (described: HostDescription) =>
      described.containers.filter(({ revision, network }) => revision && network?.outside).map(({ key }) => key);
    expect(outside(describedIn("stable"))).toEqual([mv1]);
    expect(outside(describedIn("candidate"))).toEqual([mv1, mv2]);
    const settings = { ...local, collector: "http://otel.acme.dev:4317" };
    const traced = makeRelease({ stack: "local", name: "r3", settings, images: imagesOf("c"), created: new Date(0) });
    const keys = ["session-buddy", "akosha", idOf(traced, "mahavishnu")];
    expect(outside(describeCompose({ ...deploymentIn("none"), stable: revisionsFor(traced, "compose") }))).toEqual(
      keys,
    );
  });

  test("contain no secret: each reads its own from files into variables at start", () => {
    const { command, environment, secrets } = containerOf(describedIn("stable"), mv1);
    expect(secrets).toEqual(["auth-secret", "mahavishnu-database-password", "mahavishnu-database-url"]);
    expect(Object.keys(environment ?? {})).not.toContain("MAHAVISHNU_AUTH_SECRET");
    expect(command?.join(" ")).toContain("export MAHAVISHNU_AUTH_SECRET auth-secret");
    const at = command?.indexOf("exec") ?? -1;
    expect(command?.slice(at)).toEqual(["exec", "mahavishnu", "mcp", "start", "--host", "0.0.0.0", "--port", "8680"]);
  });
});
