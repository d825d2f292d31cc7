import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checks } from "../../policies/checks.ts";
import { kindNames, kinds } from "../../policies/evidence/kinds.ts";
import { proving } from "./fixtures.ts";

// the cells of its tables are padded
const guide = readFileSync(join(import.meta.dirname, "../../docs/readiness.md"), "utf8").replace(/ +/g, " ");

test("the guide lists every check, and every kind of evidence with its validity", () => {
  for (const { id, name } of checks) expect(guide).toContain(`| ${id} | ${name} |`);
  for (const kind of kindNames) {
    const { hours } = kinds[kind];
    const holds = hours === undefined ? "" : hours > 48 ? `, ${hours / 24} days` : `, ${hours} h`;
    expect(guide).toContain(`\`${kind}\`${holds}`);
  }
});

test("the guide's evidence examples are valid", () => {
  const shown = [...guide.matchAll(/^\| `([a-z-]+)` \| `(\{.*?\})`/gm)];
  expect(shown.length).toBe(4);
  for (const [, kind = "", content = ""] of shown) {
    const result = JSON.parse(content.replace("<40 hex>", "c".repeat(40)));
    expect(kinds[kind as keyof typeof kinds].result.safeParse(result).success, kind).toBe(true);
    expect(Object.keys(result)).toEqual(Object.keys(proving[kind as keyof typeof proving] as object));
  }
});
