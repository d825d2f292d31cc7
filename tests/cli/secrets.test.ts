import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { parse } from "yaml";
import { type Secret, secretNamed } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";
import { requiredSecrets } from "../../infra/secrets/required.ts";
import { pulumiDouble } from "../fixtures/pulumi/cli-double.ts";
import { root, settingsIn } from "../fixtures/releases.ts";
import { describeWith, pulumiCli } from "../fixtures/tools.ts";

type Ran = { code: number | null; stdout: string; stderr: string };

const run = (program: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }, input = "") =>
  new Promise<Ran>((resolve) => {
    const child = execFile(program, args, options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });

/** A folder with the local stack's file, where `maha secrets` runs as a process and finds `pulumi` in `path`. */
function project({ onTestFinished }: TestContext, path: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of ["Pulumi.yaml", "Pulumi.local.yaml"]) copyFileSync(join(root, file), join(folder, file));
  cpSync(join(root, "releases/local"), join(folder, "releases/local"), { recursive: true });
  const file = join(folder, "Pulumi.local.yaml");
  const options = { cwd: folder, env: { PATH: path, HOME: folder, ...env } };
  return {
    maha: (args: string[], input?: string) =>
      run(process.execPath, [join(root, "cli/maha.ts"), "secrets", ...args, "--stack", "local"], options, input),
    pulumi: (args: string[], input?: string) => run("pulumi", args, options, input),
    /** Says in the stack's file that secrets are set, and since when. */
    set(names: readonly Secret[], day: string): void {
      const lines = (value: string) => names.map((name) => `    ${name}: ${value}\n`).join("");
      const sections = `  mahavishnu:secrets:\n${lines("{ secure: v1:abc }")}  mahavishnu:secretDates:\n${lines(day)}`;
      writeFileSync(file, readFileSync(file, "utf8") + sections);
    },
    config() {
      const { config } = parse(readFileSync(file, "utf8"));
      return { secrets: config["mahavishnu:secrets"], dates: config["mahavishnu:secretDates"] };
    },
  };
}

const today = () => new Date().toISOString().slice(0, 10);
const required = requiredSecrets(settingsIn("local", "compose"), services);
const ours = required.filter((name) => secretNamed(name).origin === "generated");
const theirs = required.filter((name) => secretNamed(name).origin === "given");
const all = <T>(names: readonly Secret[], value: T) => Object.fromEntries(names.map((name) => [name, value]));

const good: Partial<Record<Secret, string>> = {
  "pagerduty-routing-key": "R0123456789ABCDEF0123456789abcde",
  "ticket-webhook-url": "https://hooks.acme.dev/tickets/1",
  "deadman-webhook-url": "https://hooks.acme.dev/deadman/1",
};

describe("maha secrets with a double of the pulumi CLI", { concurrent: true, timeout: 60_000 }, () => {
  test("init generates missing secrets without printing them or passing them as arguments, and lists the commands for the others", async (context) => {
    const double = pulumiDouble(context);
    const { code, stdout, stderr } = await project(context, double.bin).maha(["init", "--json"]);
    expect(code, stderr).toBe(2);
    const { made, given } = JSON.parse(stdout);
    expect(made).toEqual(ours);
    expect(given.map(({ name }: { name: Secret }) => name)).toEqual(theirs);
    const values = double.calls().flatMap(({ stdin }) => (stdin ? [stdin] : []));
    expect(values).toHaveLength(ours.length);
    const shown = stdout + stderr + JSON.stringify(double.calls().map(({ args }) => args));
    for (const value of values) expect(shown).not.toContain(value);
    expect(stderr).toContain(`pulumi config set --secret --path 'mahavishnu:secrets["${theirs[0]}"]' --stack local`);
  });

  test("check shows names, ages and verdicts, and never a value, not even a wrong one", async (context) => {
    const double = pulumiDouble(context);
    const here = project(context, double.bin);
    here.set([...ours, "pagerduty-routing-key"], today());
    const values = { ...all(ours, "0123456789abcdef".repeat(4)), "pagerduty-routing-key": "a wrong value" };
    double.answers({ output: JSON.stringify({ "mahavishnu:secrets": { objectValue: values } }) });
    const { code, stdout, stderr } = await here.maha(["check", "--json"]);
    expect(code).toBe(1);
    const { secrets: judged } = JSON.parse(stdout) as { secrets: { name: string; verdict: string }[] };
    expect(Object.fromEntries(judged.map(({ name, verdict }) => [name, verdict]))).toEqual({
      ...all(ours, "ok"),
      ...all(theirs, "missing"),
      // the same 64 digits are no Fernet key
      "session-encryption-key": "malformed",
      "pagerduty-routing-key": "malformed",
    });
    expect(stderr).toMatch(/^auth-secret +ok +0 d$/m);
    for (const value of new Set(Object.values(values))) expect(stdout + stderr).not.toContain(value);
  });

  test("a rotation that would lose data is wrong usage, and does not call the CLI", async (context) => {
    const double = pulumiDouble(context);
    const here = project(context, double.bin);
    here.set(ours, today());
    const { code, stderr } = await here.maha(["init", "--rotate", "session-encryption-key"]);
    expect(code).toBe(64);
    expect(stderr).toContain("--rotate session-encryption-key: replacing it would lose data");
    expect(double.calls()).toEqual([]);
  });

  test("a provided secret is piped from standard input to the CLI, and never shown", async (context) => {
    const double = pulumiDouble(context);
    const here = project(context, double.bin);
    here.set(required, "2026-01-01");
    const value = "https://new.acme.dev/2";
    const { code, stdout, stderr } = await here.maha(["init", "--rotate", "ticket-webhook-url", "--json"], value);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '{"stack":"local","target":"compose","rotated":"ticket-webhook-url"}\n',
    });
    expect(stderr).toBe(
      "ticket-webhook-url of local has a new value; it takes effect with the next pulumi up --stack local\n",
    );
    expect(double.calls().map(({ args, stdin }) => [args[1], stdin])).toEqual([
      ["set", value],
      ["set-all", ""],
    ]);
  });

  test("a target that the stack has no settings for is refused", async (context) => {
    const double = pulumiDouble(context);
    const { code, stderr } = await project(context, double.bin).maha(["init", "--target", "kubernetes"]);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("mahavishnu:kubernetes: missing") });
    expect(double.calls()).toEqual([]);
  });
});

describe("maha secrets without a pulumi CLI", { concurrent: true }, () => {
  test("init prints once how to install it, and changes nothing", async (context) => {
    const here = project(context, "/nowhere");
    const { code, stderr } = await here.maha(["init"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^pulumi is not on PATH; only the pulumi CLI can encrypt a stack's secrets\. Install it .*\n$/,
    );
    expect(here.config().secrets).toBe(undefined);
  });

  test("check still judges names and ages, and reports that values could not be checked", async (context) => {
    const here = project(context, "/nowhere");
    here.set(required, today());
    const { code, stderr } = await here.maha(["check"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^auth-secret +unchecked +0 d$/m);
    expect(stderr).toContain("its value can only be checked with the pulumi CLI");
  });
});

describeWith([pulumiCli], "maha secrets with the real pulumi CLI", {}, () => {
  test("secrets from init are encrypted in the stack's file, pass check, and are kept by a second init", {
    timeout: 180_000,
  }, async (context) => {
    const state = mkdtempSync(join(tmpdir(), "state-"));
    context.onTestFinished(() => rmSync(state, { recursive: true, force: true }));
    const here = project(context, process.env.PATH ?? "", {
      PULUMI_HOME: state,
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    });
    const early = await here.maha(["init"]);
    expect(early.code).toBe(1);
    expect(early.stderr).toContain("no stack named 'local' found. Create it first: pulumi stack init local");

    await here.pulumi(["stack", "init", "local"]);
    expect((await here.maha(["init"])).code).toBe(2);
    const { secrets: encrypted, dates } = here.config() as {
      secrets: Record<string, { secure: string }>;
      dates: object;
    };
    expect(Object.keys(encrypted)).toEqual(ours);
    for (const { secure } of Object.values(encrypted)) expect(secure).toMatch(/^v1:/);
    expect(dates).toEqual(all(ours, today()));

    for (const name of theirs) {
      const set = ["config", "set", "--secret", "--path", `mahavishnu:secrets["${name}"]`, "--stack", "local"];
      expect((await here.pulumi(set, good[name])).code).toBe(0);
    }
    expect((await here.maha(["init"])).code).toBe(0);
    expect(here.config().secrets).toMatchObject(encrypted);
    const { code, stderr } = await here.maha(["check"]);
    expect(code, stderr).toBe(0);
  });
});
