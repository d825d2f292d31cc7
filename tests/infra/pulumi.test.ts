import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { secretNames } from "../../ecosystem/secrets.ts";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { systemClock } from "../../promotion/clock.ts";
import { type Lease, takeLease } from "../../promotion/lease.ts";
import { type ApiDouble, kubeconfigFor, startApi } from "../fixtures/api.ts";
import { type GoogleDouble, startGoogle } from "../fixtures/google.ts";
import { type Operation, type Workspace, workspaceOf } from "../fixtures/pulumi/workspace.ts";
import { imagesOf, releaseOf, root } from "../fixtures/releases.ts";
import { describeWith, pulumiCli } from "../fixtures/tools.ts";

const digest = `sha256:${"c".repeat(64)}`;

/** Long enough for a busy machine: each command starts the CLI, the program and three providers. */
const PATIENCE = 180_000;

describeWith([pulumiCli], "a stack's life under the real Pulumi CLI, with doubles of the clouds", {}, () => {
  let google: GoogleDouble;
  let cluster: ApiDouble;
  beforeAll(async () => {
    [google, cluster] = [await startGoogle(), await startApi()];
  });
  afterAll(() => Promise.all([google?.close(), cluster?.close()]));

  /** A workspace of prod on a target where nothing has been deployed, all its secrets set. */
  async function prodOn(target: Target): Promise<{ work: Workspace; settings: Record<string, unknown> }> {
    const releases = [releaseOf("prod", "r1", "a"), releaseOf("prod", "r2", "b")];
    const tools = await emptyPlatforms(cluster);
    const work = await workspaceOf("prod", releases, { ...google.env, ...tools });
    const { settings } = readStack(root, "prod");
    const own = {
      ...settings,
      target,
      edge: { ...settings.edge, image: `${(imagesOf("a").akosha ?? "").split("/")[0]}/edge@${digest}` },
      promoter: { image: `${(imagesOf("a").akosha ?? "").split("/")[0]}/promoter@${digest}` },
      backups: { ...settings.backups, image: `${(imagesOf("a").akosha ?? "").split("/")[0]}/backup@${digest}` },
    };
    await work.settings(own);
    const values = secretNames.flatMap((secret) => ["--secret", `secrets["${secret}"]=${plaintext(secret)}`]);
    const set = await work.pulumi("config", "set-all", "--path", ...values, "--stack", "prod");
    expect(set.output).not.toMatch(/error/);
    return { work, settings: own };
  }

  test.each(targets)("on %s", { timeout: 8 * PATIENCE }, async (target) => {
    const { work } = await prodOn(target);
    const up = (...more: string[]) => work.pulumi("up", "--yes", "--stack", "prod", ...more);
    const set = (key: string, value: string) => work.pulumi("config", "set", key, value, "--stack", "prod");

    const { output, code, before } = await overtakenUp(work);
    expect(output).toMatch(/aborted before shifting traffic; earlier changes remain: .*a promoter/);
    expect(code).not.toBe(0);
    expect(before.length).toBeGreaterThan(0);
    expect(before.filter(({ name }) => traffic[target].includes(name))).toEqual([]);

    const created = await up();
    expect(created.output).toMatch(/\+ \d+ created/);
    expect(created.code).toBe(0);
    const made = [...before, ...(await work.operations())];
    expect(new Set(made.map(({ verb }) => verb))).toEqual(new Set(["create"]));
    expect(made.map(({ name }) => name)).toEqual(expect.arrayContaining(traffic[target]));
    expect(made.length).toBeGreaterThan(20);

    const again = await up();
    expect(again.output).toMatch(/\d+ unchanged/);
    expect(await work.operations()).toEqual([]);

    await set("candidate", "r2");
    const previewed = await work.pulumi("preview", "--stack", "prod");
    expect(previewed.code).toBe(0);
    expect(await work.operations()).toEqual([]);
    expect((await up()).code).toBe(0);
    const added = await work.operations();
    expect(added.length).toBeGreaterThan(0);
    expect(added.filter(({ verb }) => verb === "delete")).toEqual([]);
    const outputs = JSON.parse((await work.pulumi("stack", "output", "--json", "--stack", "prod")).output);
    expect(outputs.revisions.mahavishnu).toEqual({
      stable: expect.stringMatching(/^mahavishnu-/),
      candidate: expect.stringMatching(/^mahavishnu-/),
    });

    const lease = await promoting(work);
    const refused = await up();
    expect(refused.output).toMatch(/the traffic lease is held by a promoter/);
    expect(refused.code).not.toBe(0);
    expect(await work.operations()).toEqual([]);
    await lease.release();

    await set("stable", "r2");
    await work.pulumi("config", "rm", "candidate", "--stack", "prod");
    expect((await up()).code).toBe(0);
    await work.operations();

    const state = (await work.pulumi("stack", "export", "--stack", "prod")).output;
    for (const secret of secretNames) expect(state).not.toContain(plaintext(secret));

    // what holds data is protected: one command does not destroy it
    const destroy = () => work.pulumi("destroy", "--yes", "--stack", "prod");
    const kept = await destroy();
    expect(kept.output).toMatch(/protect/);
    expect(kept.code).not.toBe(0);
    await work.pulumi("state", "unprotect", "--all", "--yes", "--stack", "prod");
    const destroyed = await destroy();
    expect(destroyed.output).not.toMatch(/error/);
    expect(destroyed.code).toBe(0);
    const left = JSON.parse((await work.pulumi("stack", "export", "--stack", "prod")).output);
    expect(left.deployment.resources ?? []).toEqual([]);
  });
});

/** What moves traffic by being made or changed: what says where it rests, and the only writers. */
const traffic: Record<Target, string[]> = {
  "cloud-run": ["akosha-service", "mahavishnu-service", "singles-instance"],
  compose: ["edge-files", "session-buddy", "akosha"],
  kubernetes: ["edge-traffic"],
};

/** A first `up` during which a promoter takes the lease: after its first operations, before traffic is declared. */
async function overtakenUp(work: Workspace): Promise<{ code: number; output: string; before: Operation[] }> {
  const goOn = await work.pause();
  const update = work.pulumi("up", "--yes", "--stack", "prod");
  let over = false;
  update.finally(() => (over = true));
  const before: Operation[] = [];
  while (before.length === 0 && !over) {
    before.push(...(await work.operations()));
    await systemClock.sleep(50);
  }
  const ahead = { ...systemClock, now: () => Date.now() + 600_000 }; // for whom the update's lease is long over
  const lease = await promoting(work, ahead);
  await goOn();
  const { code, output } = await update;
  await lease.release();
  return { code, output, before: [...before, ...(await work.operations())] };
}

const plaintext = (secret: string): string => `plaintext-of-${secret}-0123456789`;

async function promoting(work: Workspace, clock = systemClock): Promise<Lease> {
  const holder = { owner: "a promoter", host: hostname(), pid: process.pid };
  return takeLease({ folder: join(work.folder, ".maha/prod"), holder, clock });
}

/** Doubles of what says where traffic stands: a Docker host without an edge, and a cluster without a ConfigMap. */
async function emptyPlatforms(api: ApiDouble): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "maha-tools-"));
  await writeFile(join(folder, "docker"), '#!/bin/sh\necho "No such container" >&2\nexit 1\n');
  await chmod(join(folder, "docker"), 0o755);
  return { PATH: `${folder}:${process.env.PATH}`, KUBECONFIG: await kubeconfigFor(api, "mahavishnu-prod") };
}
