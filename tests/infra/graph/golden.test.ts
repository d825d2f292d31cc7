import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { differences, patched } from "../../fixtures/golden/differences.ts";
import { goldenFiles } from "../../fixtures/golden/files.ts";
import { root } from "../../fixtures/releases.ts";

const folder = join(root, "tests/golden/graph");

test("every stack makes on every target the graph that its golden files show (npm run golden rewrites them)", async () => {
  const files = await goldenFiles(root);
  const stored = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll("\\", "/"));
  for (const [path, text] of files) {
    if (stored.includes(path)) expect(text, path).toBe(readFileSync(join(folder, path), "utf8"));
  }
  expect(stored.sort()).toEqual([...files.keys()].sort());
});

test("the differences between two graphs are complete: with the one graph they give the other", () => {
  const key = fc.constantFrom("name", "lds.json", "a/b", "~", "0");
  const text = fc.array(fc.constantFrom("exec", "wait", ""), { maxLength: 5 }).map((lines) => lines.join("\n"));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, true, 0, 1),
      text,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value")),
    ),
  }));
  fc.assert(
    fc.property(value, value, (before, after) => {
      expect(patched(before, differences(before, after))).toEqual(after);
    }),
  );
});
