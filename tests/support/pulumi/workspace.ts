import { execFile, spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Release } from "../../../infra/release/release.ts";
import { projectWith } from "../project.ts";
import { root } from "../releases.ts";

/** True where a real Pulumi CLI is on PATH; it is no npm package, and nothing but suites that say so needs it. */
export const hasPulumi = spawnSync("pulumi", ["version"]).status === 0;

/** One operation that a stand-in provider was asked for. */
export type Operation = { verb: "create" | "update" | "delete"; type: string; name: string };

/** A project with the real CLI, a backend in a folder, and doubles of the clouds' providers. */
export type Workspace = {
  folder: string;
  /** Runs a command of the CLI, without colours and questions; answers its exit code and all that it printed. */
  pulumi(...args: string[]): Promise<{ code: number; output: string }>;
  /** Writes the stack's settings, keys without the project's name; secrets that were set stay. */
  settings(settings: Record<string, unknown>): Promise<void>;
  /** What the providers were asked for since the last call. */
  operations(): Promise<Operation[]>;
  /** Until it is called off, nothing that the providers are asked to create is finished. */
  pause(): Promise<() => Promise<void>>;
};

/** Makes such a project for one stack. `env` is added to what the CLI sees. */
export async function workspaceOf(
  stack: string,
  releases: readonly Release[],
  env: Record<string, string> = {},
): Promise<Workspace> {
  const folder = await projectWith(root, ...releases);
  const [home, backend, log] = [join(folder, "home"), join(folder, "backend"), join(folder, "operations.jsonl")];
  await mkdir(backend);
  await writeFile(log, "");
  for (const name of ["gcp", "kubernetes", "docker"]) await addProvider(home, name, log);
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const environment = {
    ...process.env,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    ...env,
  };
  let seen = 0;
  const workspace: Workspace = {
    folder,
    pulumi: (...args) =>
      new Promise((resolve) => {
        const all = [...args, "--non-interactive", "--color", "never"];
        execFile("pulumi", all, { cwd: folder, env: environment, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` }),
        );
      }),
    async settings(settings) {
      const kept = (await readFile(file, "utf8").catch(() => ""))
        .split("\n")
        .filter((line) => /^encryption/.test(line));
      const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`mahavishnu:${key}`, value]));
      await writeFile(file, `${kept.join("\n")}\n${stringify({ config })}`);
    },
    async operations() {
      const lines = (await readFile(log, "utf8")).trimEnd().split("\n").filter(Boolean);
      const fresh = lines.slice(seen).map((line) => JSON.parse(line) as Operation);
      seen = lines.length;
      return fresh;
    },
    async pause() {
      await writeFile(`${log}.pause`, "");
      return () => rm(`${log}.pause`);
    },
  };
  const { code, output } = await workspace.pulumi("stack", "init", stack);
  if (code !== 0) throw new Error(`pulumi stack init ${stack} failed: ${output}`);
  return workspace;
}

async function addProvider(home: string, name: string, log: string): Promise<void> {
  const { version } = createRequire(import.meta.url)(`@pulumi/${name}/package.json`) as { version: string };
  const folder = join(home, "plugins", `resource-${name}-v${version}`);
  const program = join(folder, `pulumi-resource-${name}`);
  await mkdir(folder, { recursive: true });
  const standIn = new URL("stand-in.ts", import.meta.url).pathname;
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${standIn} ${log} ${version} "$@"\n`);
  await chmod(program, 0o755);
}
