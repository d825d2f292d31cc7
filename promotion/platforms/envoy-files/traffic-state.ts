import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeDeclared, type Splits } from "../../../edge/declared-split.ts";
import { edgePaths, FILES } from "../../../edge/paths.ts";
import { splitOf } from "../../../edge/routes.ts";
import type { ReadTrafficState } from "../../traffic-state.ts";
import type { Admin } from "./admin.ts";
import { routesInForce } from "./readback.ts";

/**
 * Reads where the traffic of an edge on this machine stands: what its Envoy does, and what its folder says was declared.
 * Null where the folder has no edge.
 */
export function edgeTrafficState({ folder, admin }: { folder: string; admin: Admin }): ReadTrafficState {
  const file = join(edgePaths(folder).root, FILES.declared);
  return async () => {
    const declared = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw new Error(`${file} cannot be read, so nobody knows what was declared: ${error.message}`);
    });
    if (declared === null) return null;
    return { declared: decodeDeclared(declared, file), live: await liveSplits(admin) };
  };
}

/** The splits that an Envoy has in force, by service. */
async function liveSplits(admin: Admin): Promise<Splits> {
  const routes = await routesInForce(admin);
  return Object.fromEntries([...routes].map(([name, configuration]) => [name, splitOf(configuration)]));
}
