import { readFile } from "node:fs/promises";
import { parseJson } from "../../edge/declared-split.ts";
import { checkEdge } from "../../edge/settings.ts";
import { bringOrFill } from "../platforms/envoy-files/inforce.ts";

/** Applies the edge described in a file. Throws when the file describes no edge, and when Envoy does not apply it. */
export async function seed(file: string): Promise<void> {
  await bringOrFill(checkEdge(parseJson(await readFile(file, "utf8"), file), file));
}
