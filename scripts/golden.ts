// Rewrites the golden graphs: the resources of each stack on each of its targets, for reviewers to read as a diff.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { goldenFiles } from "../tests/fixtures/golden/files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "tests/golden/graph");

const files = await goldenFiles(root);
rmSync(folder, { recursive: true, force: true });
for (const [path, content] of files) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const lines = [...files.values()].reduce((sum, content) => sum + content.split("\n").length - 1, 0);
process.stderr.write(`tests/golden/graph: ${files.size} files, ${lines} lines\n`);
