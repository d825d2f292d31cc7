import { cp, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { secretNames } from "../../ecosystem/secrets.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { makeEvidence } from "../../policies/evidence/add.ts";
import { writeEvidence } from "../../policies/evidence/files.ts";
import { kindNames } from "../../policies/evidence/kinds.ts";
import { exitCodeOf } from "../../policies/report.ts";
import { readinessOf } from "../../readiness/readiness.ts";
import { type GoogleDouble, startGoogle } from "../fixtures/google.ts";
import { type Workspace, workspaceOf } from "../fixtures/pulumi/workspace.ts";
import { releaseOf, root } from "../fixtures/releases.ts";
import { describeWith, pulumiCli } from "../fixtures/tools.ts";
import { digest, proving } from "./fixtures.ts";

/** Long enough for a busy machine: each command starts the CLI, the program, the pack and a provider, some of them twice. */
const PATIENCE = 240_000;

describeWith([pulumiCli], "policies in a real pulumi up", {}, () => {
  let google: GoogleDouble;
  beforeAll(async () => {
    google = await startGoogle();
  });
  afterAll(() => google?.close());

  /** prod on Cloud Run where nothing has been deployed, with all its secrets, the pack beside it. */
  async function prod(): Promise<Workspace> {
    const work = await workspaceOf("prod", [releaseOf("prod", "r1", "a"), releaseOf("staging", "r1", "a")], google.env);
    await cp(join(root, "policies"), join(work.folder, "policies"), { recursive: true });
    await symlink(join(root, "docs"), join(work.folder, "docs"));
    const { settings } = readStack(root, "prod");
    const own = (what: string) => `registry.test.dev/${what}@${digest("c")}`;
    await work.settings({
      ...settings,
      edge: { ...settings.edge, image: own("edge") },
      promoter: { image: own("promoter") },
      backups: { ...settings.backups, image: own("backup") },
    });
    const values = secretNames.flatMap((secret) => [
      "--secret",
      `secrets["${secret}"]=plaintext-of-${secret}-0123456789`,
    ]);
    await work.pulumi("config", "set-all", "--path", ...values, "--stack", "prod");
    return work;
  }

  /** Everything that is known of a release, proven. */
  function prove(folder: string): void {
    const { created, revisions } = releaseOf("prod", "r1", "a");
    const digests = Object.fromEntries(
      Object.values(revisions).flatMap((all) => all.map(({ service, image }) => [service, image.split("@")[1] ?? ""])),
    );
    for (const kind of kindNames) {
      const subject = {
        stack: kind === "smoke" ? "staging" : "prod",
        release: "r1",
        created: new Date(created),
        digests,
      };
      const now = new Date();
      writeEvidence(
        folder,
        makeEvidence({ kind, subject, digests, date: now, by: "tests", result: proving[kind], now }),
      );
    }
  }

  test("an unproven stack is blocked before anything is created, a proven one is deployed, and its state gives the same result", {
    timeout: 4 * PATIENCE,
  }, async () => {
    const work = await prod();
    const up = () => work.pulumi("up", "--yes", "--stack", "prod", "--policy-pack", "policies");

    const unproven = await up();
    expect(unproven.output).toContain("prod has a score of 71.4 and needs 90");
    expect(unproven.output).toContain("no evidence of");
    expect(unproven.code).not.toBe(0);
    expect(await work.operations()).toEqual([]);

    prove(work.folder);
    const previewed = await work.pulumi("preview", "--stack", "prod", "--policy-pack", "policies");
    expect(previewed.output).not.toMatch(/\[mandatory\]/);
    expect(previewed.code).toBe(0);
    const through = await up();
    expect(through.output).not.toMatch(/\[mandatory\]/);
    expect(through.code).toBe(0);
    expect((await work.operations()).length).toBeGreaterThan(100);

    const state = join(work.folder, "state.json");
    await work.pulumi("stack", "export", "--file", state, "--stack", "prod");
    const report = await readinessOf(work.folder, { stack: "prod", file: state }, new Date());
    expect(
      [...report.checks, ...report.rules].filter(({ verdict }) => verdict === "fail" || verdict === "warn"),
    ).toEqual([]);
    expect(report).toMatchObject({ target: "cloud-run", score: 100, gate: { open: true } });
    expect(exitCodeOf(report)).toBe(0);

    await work.pulumi("config", "set", "--path", "backups.daily", "29", "--stack", "prod");
    const weakened = await up();
    expect(weakened.output).toMatch(/backup-system: Job backups-check: it keeps fewer than 30 daily backups/);
    expect(weakened.code).not.toBe(0);
    expect(await work.operations()).toEqual([]);
  });

  test("a resource open to everyone is never created", { timeout: PATIENCE }, async () => {
    const work = await prod();
    prove(work.folder);
    // another program of the same project
    await unlink(join(work.folder, "package.json"));
    await writeFile(join(work.folder, "package.json"), JSON.stringify({ type: "module", main: "open.mjs" }));
    await writeFile(
      join(work.folder, "open.mjs"),
      `import { ServiceIamMember } from "@pulumi/gcp/cloudrunv2/serviceIamMember.js";
       new ServiceIamMember("open", { name: "akosha", location: "l", project: "p", role: "roles/run.invoker", member: "allUsers" });`,
    );
    const { output, code } = await work.pulumi(
      "up",
      "--yes",
      "--skip-preview",
      "--stack",
      "prod",
      "--policy-pack",
      "policies",
    );
    expect(output).toMatch(/authentication: ServiceIamMember open: it grants access to everyone/);
    expect(code).not.toBe(0);
    expect(await work.operations()).toEqual([]);
  });
});
