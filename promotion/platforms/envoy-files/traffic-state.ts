import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeDeclared, type Splits } from "../../../edge/declared-split.ts";
import { edgePaths, FILES } from "../../../edge/paths.ts";
import { splitOf } from "../../../edge/routes.ts";
import type { ReadTrafficState } from "../../traffic-state.ts";
import type { Admin } from "./admin.ts";
import { routesInForce } from "./readback.ts";

/**
 * Reads the traffic state of an edge on this machine: the live split from Envoy, the declared one from the folder.
 * Null when the folder has no edge.
 */
export function edgeTrafficState({ folder, admin }: { folder: string; admin: Admin }): ReadTrafficState {
  const file = join(edgePaths(folder).root, FILES.declared);
  return async () => {
    const declared = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw new Error(`${file} cannot be read, so the declared split is unknown: ${error.message}`);
    });
    if (declared === null) return null;
    return { declared: decodeDeclared(declared, file), live: await liveSplits(admin) };
  };
}

/** The splits in force in an Envoy, by service. */
async function liveSplits(admin: Admin): Promise<Splits> {
  const routes = await routesInForce(admin);
  return Object.fromEntries([...routes].map(([name, configuration]) => [name, splitOf(configuration)]));
}
