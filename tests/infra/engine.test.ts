import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Target } from "../../ecosystem/targets.ts";
import { parseSettings } from "../../infra/config/settings.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { captureStack } from "../../infra/graph/offline.ts";
import { systemClock } from "../../promotion/clock.ts";
import { takeLease } from "../../promotion/lease.ts";
import { kubeconfigFor, startApi } from "../fixtures/api.ts";
import { runWithEngine } from "../fixtures/engine.ts";
import { startGoogle } from "../fixtures/google.ts";
import { configOf, projectWith } from "../fixtures/project.ts";
import { releaseOf, root } from "../fixtures/releases.ts";

/** A project with two releases of the local stack, on a Docker host where nothing runs yet. */
async function project(): Promise<string> {
  const folder = await projectWith(root, releaseOf("local", "r1", "a"), releaseOf("local", "r2", "b"));
  await emptyHost(join(folder, "bin"));
  return folder;
}

/** Makes a folder with a double of the docker command, whose host runs nothing. */
async function emptyHost(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "docker"), '#!/bin/sh\necho "No such container: edge" >&2\nexit 1\n');
  await chmod(join(folder, "docker"), 0o755);
}

/** Doubles of the platforms, where nothing runs yet, and the environment that leads a program to them. */
const platforms: Record<Target, () => Promise<{ env: NodeJS.ProcessEnv; close(): Promise<void> }>> = {
  "cloud-run": startGoogle,
  compose: async () => {
    const folder = await mkdtemp(join(tmpdir(), "maha-host-"));
    await emptyHost(folder);
    return { env: { PATH: `${folder}:${process.env.PATH}` }, close: async () => {} };
  },
  kubernetes: async () => {
    const api = await startApi();
    return { env: { KUBECONFIG: await kubeconfigFor(api, "mahavishnu-prod") }, close: api.close };
  },
};

const images = {
  edge: { image: "edge:dev", rateLimit: { perMinute: 60, burst: 10, perHour: 1000 } },
  promoter: { image: "promoter:dev" },
  backups: { image: "backup:dev", daily: 30, weekly: 12, monthly: 6, lockVault: false },
};

async function run(
  folder: string,
  changes: Record<string, unknown> = {},
  preview = true,
  onRegistered: (name: string, type: string) => Promise<unknown> = async () => {},
) {
  const env = { PATH: `${folder}/bin:${process.env.PATH}` };
  return runWithEngine({
    onRegistered,
    folder,
    project: "mahavishnu",
    stack: "local",
    config: configOf(root, "local", { ...images, ...changes }),
    preview,
    env,
  });
}

afterEach(() => void vi.unstubAllEnvs());

describe("Pulumi's own runtime, against a double of its engine", { timeout: 60_000 }, () => {
  test.each<[stack: string, target: Target]>([
    ["local", "compose"],
    ["prod", "cloud-run"],
    ["prod", "kubernetes"],
  ])("sees what the offline graph of %s on %s shows, and no secret in the clear", async (name, target) => {
    const [stable, candidate] = [releaseOf(name, "r1", "a"), releaseOf(name, "r2", "b")];
    const platform = await platforms[target]();
    // the packages of providers note what they find there
    for (const [variable, value] of Object.entries(platform.env)) vi.stubEnv(variable, value);
    const changes = { target, candidate: "r2" };
    const seen = await runWithEngine({
      ...{ folder: await projectWith(root, stable, candidate), project: "mahavishnu", stack: name },
      ...{ config: configOf(root, name, changes), preview: true, env: platform.env },
    }).finally(platform.close);
    expect(seen.output).not.toMatch(/error/i);
    expect(seen.code).toBe(0);
    const stack = readStack(root, name);
    const settings = parseSettings({ ...stack.settings, ...changes }, stack.file);
    const offline = await captureStack({ ...stack, settings }, { stable, candidate }, target);
    const sketch = ({ urn, inputs, secretPaths, dependsOn }: (typeof seen.resources)[number]) => ({
      urn,
      inputs,
      secretPaths,
      dependsOn,
    });
    const inOrder = (resources: typeof seen.resources) =>
      resources.map(sketch).sort((a, b) => a.urn.localeCompare(b.urn));
    expect(inOrder(seen.resources)).toEqual(inOrder(offline.resources));
    expect(seen.resources.length).toBeGreaterThan(20);
    expect(seen.outputs).toEqual(offline.outputs);
    expect(JSON.stringify(seen)).not.toContain("value of ");
  });

  test.each<[string, Record<string, unknown>, boolean, RegExp]>([
    ["a setting is wrong", { target: "nomad" }, true, /Pulumi\.local\.yaml, mahavishnu:target: "nomad" is not allowed/],
    ["a release does not exist", { stable: "r9" }, true, /releases\/local\/r9\.json: no such release/],
    ["there is a candidate alone", { stable: undefined, candidate: "r1" }, true, /there is no stable release/],
    [
      "an image is unpublished",
      { edge: { ...images.edge, image: `unpublished.invalid/edge@sha256:${"0".repeat(64)}` } },
      false,
      /mahavishnu:edge\.image: this image is not in a registry/,
    ],
    ["a secret is missing", { secrets: {} }, false, /maha secrets init --stack local/],
  ])("is stopped with one clear line and nothing registered when %s", async (_, changes, preview, line) => {
    const { code, output, resources } = await run(await project(), changes, preview);
    expect(output).toMatch(line);
    expect(output).not.toMatch(/ at .*\.ts:\d+/);
    expect(code).not.toBe(0);
    expect(resources.filter(({ custom }) => custom)).toEqual([]);
  });

  test("takes a date without quotes as the stack's file does", async () => {
    const dated = (expires: string) => ({
      exemptions: [{ rule: "metrics", reason: "replaced next week", owner: "platform team", expires }],
    });
    // so the engine hands it over
    const { code, output } = await run(await project(), dated("2027-01-31 00:00:00 +0000 UTC"));
    expect({ code, output }).toMatchObject({ code: 0 });
    expect((await run(await project(), dated("2027-01-31 09:00:00 +0000 UTC"))).output).toMatch(
      /is not allowed \(a date/,
    );
  });

  test("reports secrets that are not set by name, without showing them", async () => {
    const { code, output } = await run(await project(), { secrets: "hunter2" });
    expect(output).toMatch(/mahavishnu:secrets: expected an object of secrets by name/);
    expect(output).not.toMatch(/hunter/);
    expect(code).not.toBe(0);
  });

  test("checks again right before an update declares the resting position", async () => {
    expect((await run(await project(), {}, true)).hooked).toEqual([]);
    const { code, output, hooked, resources } = await run(await project(), {}, false);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(hooked).toEqual(["edge-files"]);
    expect(resources.map(({ name }) => name)).toContain("edge-files");
  });

  /** An update during which somebody takes the lease, as soon as a resource of a name is registered. */
  async function overtakenAt(name: string) {
    const folder = await project();
    const holder = { owner: "promoter", host: "elsewhere", pid: 1 };
    const ahead = { ...systemClock, now: () => Date.now() + 600_000 }; // for whom the update's lease is long over
    const lease = { folder: join(folder, ".maha/local"), holder, clock: ahead };
    let taken = false;
    return run(folder, {}, false, async (registered, type) => {
      if (taken || registered !== name || type.startsWith("mahavishnu:")) return;
      taken = true;
      await takeLease(lease);
    });
  }

  const left = /aborted before shifting traffic; earlier changes remain: .* lost: .* held by promoter/;

  test("leaves traffic alone when another holder takes the lease during an update", async () => {
    const { code, output, hooked } = await overtakenAt("edge-files");
    expect(hooked).toEqual(["edge-files"]);
    expect(output).toMatch(left);
    expect(code).not.toBe(0);
  });

  test("also leaves a single writer alone, which would be deleted before any hook runs", async () => {
    const { code, output, resources } = await overtakenAt("mahavishnu-local-inside");
    expect(output).toMatch(left);
    expect(code).not.toBe(0);
    const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
    expect(containers.map(({ name }) => name)).not.toContain("session-buddy");
    expect(containers.map(({ name }) => name)).not.toContain("edge-files");
  });

  test("shows a stack trace for a bug of its own", async () => {
    const folder = await project();
    await writeFile(
      join(folder, "faulty.ts"),
      ["export default async () => {", "  (undefined as never as { x(): void }).x();", "};"].join("\n"),
    );
    await rm(join(folder, "package.json"));
    await writeFile(join(folder, "package.json"), '{ "type": "module", "main": "faulty.ts" }');
    const { code, output } = await run(folder);
    expect(output).toMatch(/TypeError.*reading 'x'[\s\S]*faulty\.ts:2:/);
    expect(code).not.toBe(0);
  });

  test("is stopped while a promotion holds the lease", async () => {
    const folder = await project();
    const holder = { owner: "promoter", host: "elsewhere", pid: 1 };
    // from a clock that is ahead, so that it lasts as long as the test
    const clock = { ...systemClock, now: () => Date.now() + 600_000 };
    await takeLease({ folder: join(folder, ".maha/local"), holder, clock });
    for (const preview of [true, false]) {
      const { code, output, resources } = await run(folder, {}, preview);
      expect(output).toMatch(/the traffic lease is held by promoter \(process 1 on elsewhere\)/);
      expect(code).not.toBe(0);
      expect(resources.filter(({ custom }) => custom)).toEqual([]);
    }
  });
});
