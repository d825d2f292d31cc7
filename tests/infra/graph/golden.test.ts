import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { goldenGraphs } from "../../fixtures/golden.ts";
import { root } from "../../fixtures/releases.ts";

const folder = join(root, "tests/golden/graph");

test("every stack makes on every target what its golden graph shows (npm run golden rewrites them)", async () => {
  const graphs = await goldenGraphs(root);
  expect([...graphs.keys()].sort()).toEqual(readdirSync(folder).sort());
  for (const [name, text] of graphs) expect(text, name).toBe(readFileSync(join(folder, name), "utf8"));
});
