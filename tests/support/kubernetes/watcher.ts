import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Asked = {
  /** The content of the ConfigMap of its programs. */
  programs: Record<string, string>;
  resting: Record<string, string>;
  namespace: string;
  url: string;
  authority: string;
  token: string;
  /** The edge's folder; a new one where nothing is said. */
  edge?: string;
};

/** A watcher as it runs in a pod: another process, in folders as the kubelet mounts them. */
export type Watcher = {
  edge: string;
  /** What it said, a line each. */
  said: string[];
  /** A file of the edge; empty while there is none. */
  read(place: string): string;
  /** Mounts other files to rest on. */
  mount(resting: Record<string, string>): void;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

export async function startWatcher({
  programs,
  resting,
  namespace,
  url,
  authority,
  token,
  edge,
}: Asked): Promise<Watcher> {
  const folder = mkdtempSync(join(tmpdir(), "watcher-"));
  const edgeFolder = edge ?? join(folder, "edge");
  mkdirSync(edgeFolder, { recursive: true });
  const mounts = { programs, resting, token: { token, "ca.crt": authority } };
  for (const [name, files] of Object.entries(mounts)) mount(join(folder, name), files);
  const { hostname, port } = new URL(url);
  const child = spawn(process.execPath, [join(folder, "programs", "main.ts")], {
    env: {
      NAMESPACE: namespace,
      MOVED_CONFIG_MAP: "edge-traffic",
      RESTING_CONFIG_MAP: "edge-resting",
      RESTING_FOLDER: join(folder, "resting"),
      TOKEN_FOLDER: join(folder, "token"),
      EDGE_FOLDER: edgeFolder,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      NODE_OPTIONS: "--max-old-space-size=64",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said.push(...text.split("\n").filter(Boolean)));
  }
  const exited = once(child, "exit");
  return {
    edge: edgeFolder,
    said,
    read(place) {
      try {
        return readFileSync(join(edgeFolder, place), "utf8");
      } catch {
        return "";
      }
    },
    mount: (files) => mount(join(folder, "resting"), files),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const [code] = await exited;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** As the kubelet does it: the files lie in a folder behind a link, and a rename of the link brings others. */
function mount(folder: string, files: Record<string, string>): void {
  const inside = `..${Date.now()}${Math.random()}`;
  mkdirSync(join(folder, inside), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, inside, name), text);
    rmSync(join(folder, name), { force: true });
    symlinkSync(join("..data", name), join(folder, name));
  }
  symlinkSync(inside, join(folder, "..next"));
  renameSync(join(folder, "..next"), join(folder, "..data"));
}
