import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { parseJsonOf } from "../../../ecosystem/json.ts";
import { decodeDeclared, type Splits } from "../../../edge/declared-split.ts";
import type { RouteConfiguration } from "../../../edge/envoy.ts";
import { FILES } from "../../../edge/paths.ts";
import { splitOf } from "../../../edge/routes.ts";
import type { ReadTrafficState } from "../../traffic-state.ts";

/** Prints each file's name and content, NUL-terminated, so that one call reads all files at one moment. */
const SHOW = `cd "$1" && for file in ${FILES.declared} ${FILES.routes("*")}; do printf "%s\\0" "$file"; cat "$file"; printf "\\0"; done`;

/**
 * Reads the traffic split of an edge on a Docker host, from the files that its Envoy watches. `folder` is the edge's folder
 * inside its container. Null when there is no such container.
 */
export function composeTrafficState(place: { host: string; container: string; folder: string }): ReadTrafficState {
  const { host, container, folder } = place;
  return async () => {
    const command = ["--host", host, "exec", container, "sh", "-c", SHOW, "sh", folder];
    const shown = await promisify(execFile)("docker", command, { timeout: 30_000 }).catch(
      (error: Error & { stderr?: string }) => {
        const said = error.stderr?.trim() || error.message;
        if (/no such container/i.test(said)) return null;
        throw new Error(
          `the traffic split of the edge ${container} on ${host} cannot be read: ${said}. Check that docker can reach the host. If the container is stopped, start it (docker start ${container}); if it cannot start, remove it (docker rm -f ${container}), and the next deployment creates it again`,
        );
      },
    );
    if (shown === null) return null;
    const { [FILES.declared]: declared = "", ...routes } = filesIn(shown.stdout);
    const where = (name: string) => `${name} of the edge ${container}`;
    return { declared: decodeDeclared(declared, where(FILES.declared)), live: liveSplits(routes, where) };
  };
}

function filesIn(shown: string): Record<string, string> {
  const parts = shown.split("\0");
  return Object.fromEntries(
    parts.flatMap((name, i) => (i % 2 === 0 && name !== "" ? [[name, parts[i + 1] ?? ""]] : [])),
  );
}

const liveSplits = (files: Record<string, string>, where: (name: string) => string): Splits =>
  Object.fromEntries(
    Object.entries(files).map(([file, text]) => {
      const { success, data } = routesFile.safeParse(parseJsonOf(text, where(file)));
      const configuration = data?.resources[0];
      if (!success || !configuration || FILES.routes(configuration.name) !== file)
        throw new Error(`${where(file)} has no routes for this edge`);
      return [configuration.name, splitOf(configuration as RouteConfiguration)];
    }),
  );

/** The part of a routes file that contains the split. */
const routesFile = z.object({
  resources: z.array(
    z.looseObject({
      name: z.string(),
      virtual_hosts: z.array(z.looseObject({ routes: z.array(z.looseObject({ name: z.string() })) })),
    }),
  ),
});
