import { readFile } from "node:fs/promises";
import { parseJsonOf } from "../../ecosystem/json.ts";
import { checkEdge } from "../../edge/settings.ts";
import { bringOrFill } from "../platforms/envoy-files/inforce.ts";

/** Applies the edge described in a file. Throws when the file describes no edge, and when Envoy does not apply it. */
export async function seed(file: string): Promise<void> {
  await bringOrFill(checkEdge(parseJsonOf(await readFile(file, "utf8"), file), file));
}
