// Rewrites the golden graphs: what each stack makes on each of its targets, for a review to read as a diff.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goldenGraphs } from "../tests/fixtures/golden.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "tests/golden/graph");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of await goldenGraphs(root)) {
  writeFileSync(join(folder, name), text);
  process.stderr.write(`tests/golden/graph/${name}: ${text.split("\n").length} lines\n`);
}
