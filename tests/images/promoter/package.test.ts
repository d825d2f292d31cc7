import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../fixtures/releases.ts";

type Package = Record<"dependencies" | "optionalDependencies", Record<string, string>>;

const read = (file: string) => readFileSync(join(root, file), "utf8");
const image = JSON.parse(read("images/promoter/package.json")) as Package;
const project = JSON.parse(read("package.json")) as Package;
const dockerfile = read("images/promoter/Dockerfile");
const rooms = [...dockerfile.matchAll(/^COPY (\w+) \/app\/\w+$/gm)].map(([, room]) => room as string);

const imports = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const found = read(join(room, file)).matchAll(/(?:from |import\()"([^"]+)"/g);
      return [...found].map(([, module]) => ({ from: join(room, file), module: module as string }));
    }),
);

test("the promoter's image has what its code imports, and nothing else", () => {
  const packages = imports
    .filter(({ module }) => !/^(node:|\.)/.test(module))
    .map(({ module }) => /^(@[^/]+\/)?[^/]+/.exec(module)?.[0]);
  expect(rooms).toEqual(["ecosystem", "edge", "promotion"]);
  expect([...new Set(packages)].sort()).toEqual(Object.keys(image.dependencies).sort());
});

test("its code imports only folders that the image contains", () => {
  for (const { from, module } of imports.filter(({ module }) => module.startsWith("."))) {
    expect(rooms, `${from} imports ${module}`).toContain(join(from, "..", module).split("/")[0]);
  }
});

test("it runs the versions that the project is tested with, Node's too", () => {
  expect(project.dependencies).toMatchObject(image.dependencies);
  expect(project.optionalDependencies).toMatchObject(image.optionalDependencies);
  const lock = JSON.parse(read("images/promoter/package-lock.json")) as { packages: Record<string, Package> };
  const { dependencies, optionalDependencies } = image;
  expect(lock.packages[""]).toMatchObject({ dependencies, optionalDependencies });
});

test("all of its sources reach the build", () => {
  const ignored = read(".dockerignore").split("\n");
  for (const part of [...rooms, "images/promoter"]) expect(ignored).toContain(`!${part}`);
});
