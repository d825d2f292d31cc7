import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REFERENCE, referenceTo, settingsReference } from "../../infra/config/reference.ts";
import { root } from "../fixtures/releases.ts";

const page = readFileSync(join(root, REFERENCE), "utf8");
const rows = [...page.matchAll(/^\| (`.*) \|$/gm)].map(([, row = ""]) => row.split(/ ?(?<!\\)\| ?/));

test("the settings reference matches the schema (npm run docs regenerates it)", () => {
  expect(settingsReference()).toBe(page);
});

test("each setting has a type, a default and its allowed values, and each except blocks an example", () => {
  expect(rows.length).toBeGreaterThan(60);
  for (const [setting = "", type = "", , fallback, allowed, example] of rows) {
    expect([type, fallback, allowed], setting).not.toContain("");
    if (!type.includes("](#")) expect(example, setting).not.toBe("");
  }
});

test("each number has a unit", () => {
  for (const [setting, type = "", unit] of rows) if (type.endsWith("number")) expect(unit, setting).not.toBe("");
});

test("links lead to sections of the page", () => {
  const anchors = [...page.matchAll(/^<a id="(.+)"><\/a>$/gm)].map(([, anchor]) => anchor);
  const links = [...page.matchAll(/\]\(#(.+?)\)/g)].map(([, anchor]) => anchor);
  expect(new Set(["stack", ...links])).toEqual(new Set(anchors));
});

test.each<[PropertyKey[], string]>([
  [["target"], "stack"],
  [["nonsense"], "stack"],
  [["edge", "rateLimit", "perMinute"], "edge-ratelimit"],
  [["edge", "auth"], "edge-auth"],
  [["alerts", "P1", 0], "alerts"],
  [["exemptions", 0, "rule"], "exemptions"],
  [["cloudRun", "sizes", "akosha", "cpu"], "cloudrun"],
  [["kubernetes", "sessions", "akosha"], "kubernetes"],
  [["kubernetes", "network", "pods"], "kubernetes-network"],
])("an error about %j leads to the section %s", (path, anchor) => {
  expect(referenceTo(path)).toBe(`docs/reference/settings.md#${anchor}`);
  expect(page).toContain(`<a id="${anchor}"></a>`);
});
