import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkFiles } from "../../../../../infra/targets/kubernetes/watcher/files.ts";
import { fill, isFilled } from "../../../../../infra/targets/kubernetes/watcher/folder.ts";

const clusters = (...names: string[]) => JSON.stringify({ resources: names.map((name) => ({ name })) });
const files = {
  "eds-a.json": '"a"',
  "cds.json": clusters("a"),
  "rds-x.json": '"a 100"',
  "lds.json": '"lds"',
  "bootstrap.json": '"start"',
  "edge.json": '"edge"',
};

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edge-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const read = (folder: string, place: string) => readFileSync(join(folder, place), "utf8");

/** The files of a folder in the order in which they were last put there. */
function written(folder: string): string[] {
  const seen: string[] = [];
  for (const place of [folder, join(folder, "xds")]) {
    const watcher = watch(place, (_, name) => {
      if (name && !name.startsWith(".") && existsSync(join(place, name)) && seen.at(-1) !== name) seen.push(name);
    });
    onTestFinished(() => watcher.close());
  }
  return seen;
}

test("an empty folder gets every file at its place, the last one when all others are there", async () => {
  const folder = newFolder();
  expect(isFilled(folder)).toBe(false);
  expect(await fill(folder, files)).toBe(true);
  expect(isFilled(folder)).toBe(true);
  expect(readdirSync(join(folder, "xds")).sort()).toEqual(["cds.json", "eds-a.json", "lds.json", "rds-x.json"]);
  expect(read(folder, "bootstrap.json")).toBe('"start"');
  expect(await fill(folder, files)).toBe(false);
});

test("what only moves shares is written at once, and nothing else is touched", async () => {
  const folder = newFolder();
  await fill(folder, files);
  const seen = written(folder);
  const begun = performance.now();
  await fill(folder, { ...files, "rds-x.json": '"a 90"' });
  expect(performance.now() - begun).toBeLessThan(400);
  await expect.poll(() => seen).toEqual(["rds-x.json"]);
});

test("a revision is there before routes lead to it, and as long as they do", async () => {
  const folder = newFolder();
  await fill(folder, files);
  const { "eds-a.json": _, ...rest } = files;
  const next = { ...rest, "eds-b.json": '"b"', "cds.json": clusters("b"), "rds-x.json": '"b 100"' };
  const order: string[] = [];
  const filling = fill(folder, next).then(() => order.push("done"));
  const look = () => {
    const state = [
      (JSON.parse(read(folder, "xds/cds.json")) as { resources: { name: string }[] }).resources.map(({ name }) => name),
      read(folder, "xds/rds-x.json"),
      readdirSync(join(folder, "xds"))
        .filter((name) => name.startsWith("eds-"))
        .sort(),
    ].join(" ");
    if (order.at(-1) !== state) order.push(state);
  };
  while (order.at(-1) !== "done") {
    look();
    await new Promise(setImmediate);
  }
  look();
  expect(order).toEqual([
    'b,a "a 100" eds-a.json,eds-b.json',
    'b,a "b 100" eds-a.json,eds-b.json',
    "done",
    'b "b 100" eds-b.json',
  ]);
  await filling;
});

test("what a killed watcher left behind is finished by the next one", async () => {
  const folder = newFolder();
  await fill(folder, files);
  writeFileSync(join(folder, ".xds-rds-x.json.next"), '"half');
  writeFileSync(join(folder, "xds", "cds.json"), clusters("b", "a"));
  expect(await fill(folder, files)).toBe(true);
  expect(read(folder, "xds/cds.json")).toBe(clusters("a"));
});

test.each<[string, Record<string, string>, RegExp]>([
  ["half a file", { ...files, "rds-x.json": '{"half' }, /^rds-x\.json is not JSON/],
  [
    "no listeners",
    Object.fromEntries(Object.entries(files).filter(([name]) => name !== "lds.json")),
    /^lds\.json is missing$/,
  ],
])("files with %s are no edge", (_, broken, message) => {
  expect(() => checkFiles(broken)).toThrow(message);
});
