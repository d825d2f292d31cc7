import { readFile } from "node:fs/promises";
import { parseJson } from "../../edge/declared-split.ts";
import { checkEdge } from "../../edge/settings.ts";
import { bringOrFill } from "../platforms/envoy-files/inforce.ts";

/** Brings the edge that a file describes in force. Throws where the file describes none, and where Envoy does not follow. */
export async function seed(file: string): Promise<void> {
  await bringOrFill(checkEdge(parseJson(await readFile(file, "utf8"), file), file));
}
