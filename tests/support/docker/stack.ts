import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stringify } from "yaml";
import { secretNames } from "../../../ecosystem/secrets.ts";
import type { Settings } from "../../../infra/config/schema.ts";
import { PROJECT } from "../../../infra/config/stack-file.ts";
import { writeRelease } from "../../../infra/release/files.ts";
import type { Release } from "../../../infra/release/release.ts";
import { root } from "../releases.ts";

/** True where the CLI is there and has a provider for Docker: neither is an npm package. */
export const hasDockerProvider = (() => {
  const { status, stdout } = spawnSync("pulumi", ["plugin", "ls", "--json"], { encoding: "utf8" });
  if (status !== 0) return false;
  const plugins = JSON.parse(stdout) as { name: string; kind: string }[];
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .some((place) => existsSync(join(place, "pulumi-resource-docker")));
  return onPath || plugins.some(({ name, kind }) => name === "docker" && kind === "resource");
})();

/** A stack of its own under the real CLI, in a folder of its own. */
export type RealStack = {
  folder: string;
  /** Runs a command of the CLI on the stack; answers its exit code and all that it printed. */
  pulumi(...args: string[]): Promise<{ code: number; output: string }>;
  settings(settings: Partial<Settings>): Promise<void>;
};

/** The value that a secret of such a stack has, easy to find wherever it should not be. */
export const secretValue = (name: string) => `hunter2${name.replaceAll(/[^a-z]/g, "")}0123456789abcdef`;

export async function realStack(name: string, releases: readonly Release[], othersImage: string): Promise<RealStack> {
  const folder = await mkdtemp(join(tmpdir(), "maha-real-"));
  for (const part of ["infra", "node_modules"]) await symlink(join(root, part), join(folder, part));
  const program = join(root, "tests/support/docker/program.ts");
  await writeFile(join(folder, "package.json"), '{ "type": "module", "main": "main.ts" }\n');
  await writeFile(join(folder, "main.ts"), `export { default } from ${JSON.stringify(program)};\n`);
  await writeFile(join(folder, "Pulumi.yaml"), await readFile(join(root, "Pulumi.yaml"), "utf8"));
  for (const release of releases) writeRelease(folder, release);
  await mkdir(join(folder, "backend"));
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${join(folder, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    OTHERS_IMAGE: othersImage,
  };
  const pulumi: RealStack["pulumi"] = (...args) =>
    new Promise((resolve) => {
      const all = [...args, "--stack", name, "--non-interactive", "--color", "never"];
      execFile("pulumi", all, { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` }),
      );
    });
  const file = join(folder, `Pulumi.${name}.yaml`);
  const made = await pulumi("stack", "init");
  if (made.code !== 0) throw new Error(`pulumi stack init failed: ${made.output}`);
  const values = secretNames.flatMap((secret) => ["--secret", `secrets["${secret}"]=${secretValue(secret)}`]);
  const set = await pulumi("config", "set-all", "--path", ...values);
  if (set.code !== 0) throw new Error(`pulumi config set-all failed: ${set.output}`);
  const secrets = await readFile(file, "utf8");
  return {
    folder,
    pulumi,
    async settings(settings) {
      const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${PROJECT}:${key}`, value]));
      const [, ...lines] = stringify({ config }).split("\n");
      await writeFile(file, `${secrets.trimEnd()}\n${lines.join("\n")}`);
    },
  };
}
