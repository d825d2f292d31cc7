import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { circleIn, importedBy, importsOf, roomOf } from "../scripts/imports.ts";

/** What each room may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ecosystem: [],
  edge: ["ecosystem"],
  infra: ["ecosystem", "edge"],
  // a resource of the edge holds its settings: what Envoy gets of them is worked out by the edge itself
  policies: ["ecosystem", "edge"],
  smoke: ["ecosystem"],
  promotion: ["ecosystem", "edge"],
  load: ["ecosystem"],
  report: ["ecosystem", "promotion"],
  readiness: ["ecosystem", "infra", "policies"],
  rehearsal: ["ecosystem", "edge", "smoke", "promotion", "load", "report", "infra", "policies", "readiness"],
  bin: ["cli", "scripts"],
  cli: ["ecosystem", "edge", "smoke", "promotion", "load", "report", "infra", "policies", "readiness", "rehearsal"],
};

/** Rooms that nothing deployed imports from: they may import everything, the tests' doubles included. */
const harnesses = ["bench", "scripts", "tests", ""];

/** Arrows of single files, each with its reason. */
const exceptions: readonly { from: RegExp; to: RegExp; because: string }[] = [
  { from: /^infra\/(index|promotion-guard)\.ts$/, to: /^promotion\//, because: "the entry wires the traffic guard in" },
  { from: /^policies\/pack\.ts$/, to: /^infra\//, because: "the pack's entry passes in what no resource shows" },
  { from: /^load\//, to: /^promotion\/(random|probes)\.ts$/, because: "one random stream, and what a probe is" },
];

const root = join(import.meta.dirname, "..");
const imports = importsOf(root);
const arrows = [...imports].flatMap(([from, all]) => [...all].map((to) => ({ from, to })));

const isAllowed = ({ from, to }: { from: string; to: string }): boolean => {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === other || harnesses.includes(room)) return true;
  return (
    allowed[room]?.includes(other) === true ||
    exceptions.some((exception) => exception.from.test(from) && exception.to.test(to))
  );
};

test("every room is known", () => {
  const rooms = new Set([...imports.keys()].map(roomOf));
  expect([...rooms].filter((room) => !(room in allowed) && !harnesses.includes(room))).toEqual([]);
});

test("imports go one way between the rooms", () => {
  expect(arrows.length).toBeGreaterThan(1000);
  expect(arrows.filter((arrow) => !isAllowed(arrow)).map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

test("every exception is needed", () => {
  const unused = exceptions.filter(
    ({ from, to }) => !arrows.some((arrow) => from.test(arrow.from) && to.test(arrow.to)),
  );
  expect(unused).toEqual([]);
});

test("nothing that is deployed imports a test", () => {
  const strays = arrows.filter(({ from, to }) => roomOf(to) === "tests" && !harnesses.includes(roomOf(from)));
  expect(strays).toEqual([]);
});

test("there are no import cycles", () => {
  expect(circleIn(imports)?.join(" -> ")).toBeUndefined();
});

test("a type name has one meaning in the rooms that are deployed", () => {
  const declared = new Map<string, string[]>();
  for (const file of imports.keys()) {
    if (harnesses.includes(roomOf(file)) || !file.endsWith(".ts")) continue;
    for (const [, name = ""] of readFileSync(join(root, file), "utf8").matchAll(
      /^(?:export )?(?:type|interface) (\w+)/gm,
    ))
      declared.set(name, [...(declared.get(name) ?? []), file]);
  }
  expect(declared.size).toBeGreaterThan(300);
  expect([...declared].filter(([, files]) => files.length > 1)).toEqual([]);
});

describe("the reading of imports", () => {
  const A = "./a.ts";
  test.each([
    [`import { a } from "${A}";`, [A]],
    [`import type { A } from "${A}";`, [A]],
    [`import {\n  a,\n  type B,\n} from "${A}";`, [A]],
    [`export * from "${A}";`, [A]],
    [`export { a } from "${A}";`, [A]],
    [`import "${A}";`, [A]],
    [`const { a } = await import("${A}");`, [A]],
    [`type A = typeof import("${A}");`, [A]],
    [`const program = new URL("${A}", import.meta.url);`, [A]],
    ['const program = new URL("a-process.ts", import.meta.url);', ["a-process.ts"]],
    ['const text = new URL("./a.sh", import.meta.url);', []],
    ['import { join } from "node:path";\nimport { z } from "zod";\nimport c from "@pulumi/gcp/a/b.js";', []],
  ])("%j", (code, paths) => {
    expect(importedBy(code)).toEqual(paths);
  });

  test.each([
    [{ a: ["b"], b: ["c"], c: ["b"] }, ["b", "c", "b"]],
    [{ a: ["b", "c"], b: ["c"], c: [] }, undefined],
    [{ a: ["a"] }, ["a", "a"]],
  ])("finds a circle in %j", (files, circle) => {
    expect(circleIn(new Map(Object.entries(files).map(([file, to]) => [file, new Set<string>(to)])))).toEqual(circle);
  });
});
