import { EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Milliseconds } from "../../ecosystem/units.ts";
import { edgePaths } from "../../edge/paths.ts";
import { TRAFFIC_CONFIG_MAP } from "../../edge/traffic-config-map.ts";
import { bringOrFill } from "../platforms/envoy-files/inforce.ts";
import { chosen } from "../platforms/kubernetes/choice.ts";
import { type ApiServer, type ConfigMap, follow } from "../platforms/kubernetes/config-map.ts";
import { findInCluster, remembering, resolved } from "../platforms/kubernetes/names.ts";

/** How often host names and mounted files are checked, and how long a new edge waits for the API server, in milliseconds. */
const LOOK_MS: Milliseconds = 2000;
const PATIENCE_MS: Milliseconds = 10_000;

/**
 * Maintains the folder of the Envoy that it runs beside: the edge from the promoter's ConfigMap or, without one, the declared
 * edge from another. Runs until stopped; failures are logged and retried.
 */
export async function watch(environment: NodeJS.ProcessEnv): Promise<never> {
  const env = (name: string): string => {
    const value = environment[name];
    if (value === undefined) throw new Error(`environment variable ${name} is not set`);
    return value;
  };
  const [folder, restingFolder, tokenFolder] = [env("EDGE_FOLDER"), env("RESTING_FOLDER"), env("TOKEN_FOLDER")];
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
  const see = (what: keyof typeof seen, name: string) => {
    const note = (configMap: ConfigMap | null) => {
      seen[what] = configMap;
      bell.emit("ring");
    };
    void follow(api, { namespace, name }, note, log);
  };
  let inForce: string | undefined;

  process.on("SIGTERM", () => process.exit(0));
  mkdirSync(folder, { recursive: true });
  see("moved", env("MOVED_CONFIG_MAP"));
  see("resting", env("RESTING_CONFIG_MAP"));
  for (;;) {
    const rung = once(bell, "ring", { signal: AbortSignal.timeout(LOOK_MS) }).catch(() => {});
    await keep().catch((error: Error) => log(`keeping the current edge files: ${error.message}`));
    writeFileSync(join(folder, ".watcher"), ""); // its age shows that this loop is alive
    await rung;
  }

  async function keep(): Promise<void> {
    const named = chosen({
      moved: seen.moved,
      resting: seen.resting?.data ?? mounted(restingFolder),
      filled: existsSync(edgePaths(folder).bootstrap),
      patient: Date.now() - begun < PATIENCE_MS,
    });
    if (named === undefined) return;
    if (named.settings.folder !== folder) {
      throw new Error(`${TRAFFIC_CONFIG_MAP.edge} is for the folder ${named.settings.folder}, not ${folder}`);
    }
    const edge = await resolved(named, find);
    const wanted = JSON.stringify(edge);
    if (wanted === inForce) return;
    await bringOrFill(edge);
    inForce = wanted;
    log("edge files updated");
  }
}

/** A mounted ConfigMap is updated atomically, by swapping the folder behind this link: reading through it sees one version. */
function mounted(restingFolder: string): Record<string, string> {
  const folder = realpathSync(join(restingFolder, "..data"));
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

function log(message: string): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), message })}\n`);
}
