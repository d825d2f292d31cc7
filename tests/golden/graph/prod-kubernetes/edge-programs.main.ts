/**
 * Runs beside each Envoy of a cluster and keeps the files in its folder: those that a promoter put into one ConfigMap,
 * or else those that were declared with the edge in another one. Node alone runs it, from a ConfigMap, without anything
 * to install.
 */
import { EventEmitter, once } from "node:events";
import { readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chosen, MOVED_FROM } from "./choice.ts";
import { type ApiServer, type ConfigMap, follow } from "./configmap.ts";
import { checkFiles, filesIn } from "./files.ts";
import { fill, isFilled } from "./folder.ts";
import { findInCluster, remembering, resolved } from "./names.ts";

/** How often names and what is mounted are looked at, and how long a new edge waits for the API server, in milliseconds. */
const LOOK_MS = 2000;
const PATIENCE_MS = 10_000;

const [edge, restingFolder, tokenFolder] = [env("EDGE_FOLDER"), env("RESTING_FOLDER"), env("TOKEN_FOLDER")];
const namespace = env("NAMESPACE");
const api: ApiServer = {
  url: `https://${env("KUBERNETES_SERVICE_HOST")}:${env("KUBERNETES_SERVICE_PORT")}`,
  token: () => readFileSync(join(tokenFolder, "token"), "utf8").trim(),
  authority: () => readFileSync(join(tokenFolder, "ca.crt"), "utf8"),
};
const begun = Date.now();
const bell = new EventEmitter();
const find = remembering(findInCluster, () => bell.emit("ring"));

const seen: { moved?: ConfigMap | null; resting?: ConfigMap | null } = {};

process.on("SIGTERM", () => process.exit(0));
watch("moved", env("MOVED_CONFIG_MAP"));
watch("resting", env("RESTING_CONFIG_MAP"));
for (;;) {
  const rung = once(bell, "ring", { signal: AbortSignal.timeout(LOOK_MS) }).catch(() => {});
  await keep().catch((error: Error) => log(`the edge keeps the files that it has: ${error.message}`));
  writeFileSync(join(edge, ".watcher"), ""); // its age says that this loop goes on
  await rung;
}

function watch(what: keyof typeof seen, name: string): void {
  const see = (configMap: ConfigMap | null) => {
    seen[what] = configMap;
    bell.emit("ring");
  };
  void follow(api, { namespace, name }, see, log);
}

async function keep(): Promise<void> {
  const patient = Date.now() - begun < PATIENCE_MS;
  const files = chosen({ moved: seen.moved, resting: resting(), filled: isFilled(edge), patient });
  if (files === undefined) return;
  checkFiles(files);
  if (await fill(edge, await resolved(files, find))) log("the edge has other files");
}

/** The files to rest on: as the API server has them now, or as they were mounted, which can be a minute late. */
function resting() {
  const data = seen.resting?.data ?? mounted();
  return { files: filesIn(data), fingerprint: data[MOVED_FROM] };
}

/** A mounted ConfigMap is replaced as a whole, by another folder behind this link: what is read is one state of it. */
function mounted(): Record<string, string> {
  const folder = realpathSync(join(restingFolder, "..data"));
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

function log(message: string): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), message })}\n`);
}

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the variable ${name} is not set`);
  return value;
}
