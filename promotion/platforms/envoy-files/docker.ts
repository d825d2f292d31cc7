import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ReadTrafficState, TrafficState } from "../../traffic-state.ts";
import { declaredSplits, liveSplits } from "./splits.ts";

const DECLARED = "declared.json";

/** Prints the name and content of each file, each ended by a zero byte, so that one call shows one moment. */
const SHOW = `cd "$1" && for file in ${DECLARED} xds/rds-*.json; do printf "%s\\0" "$file"; cat "$file"; printf "\\0"; done`;

/**
 * Reads where the traffic of an edge on a Docker host stands, from the files that its Envoy watches. `folder` is the
 * edge's folder inside its container. Null where there is no such container.
 */
export function composeTrafficState({
  host,
  container,
  folder,
}: Record<"host" | "container" | "folder", string>): ReadTrafficState {
  return async () => {
    const command = ["--host", host, "exec", container, "sh", "-c", SHOW, "sh", folder];
    const shown = await promisify(execFile)("docker", command, { timeout: 30_000 }).catch(
      (error: Error & { stderr?: string }) => {
        const said = error.stderr?.trim() || error.message;
        if (/no such container/i.test(said)) return null;
        throw new Error(
          `the edge ${container} on ${host} cannot be asked where its traffic stands: ${said}. See that docker can reach the host; a container that does not run is started with docker start ${container}, or removed (docker rm -f ${container}) when it cannot: without it traffic stands nowhere, and the next deployment makes it anew`,
        );
      },
    );
    return shown && trafficStateOf(shown.stdout, container);
  };
}

function trafficStateOf(shown: string, container: string): TrafficState {
  const parts = shown.split("\0");
  const files = Object.fromEntries(
    parts.flatMap((name, i) => (i % 2 === 0 && name !== "" ? [[name, parts[i + 1] ?? ""]] : [])),
  );
  const where = `the edge ${container}`;
  return {
    declared: declaredSplits(files[DECLARED] ?? "", DECLARED, where),
    live: liveSplits(files, where),
  };
}
