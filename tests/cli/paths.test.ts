import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pathOption, projectFolder, typedIn } from "../../cli/paths.ts";
import { root } from "../fixtures/releases.ts";

const checkout = root.replace(/\/$/, "");

test("a command is typed where npm was called, when npm has moved to the checkout to run it", () => {
  expect(typedIn(checkout, "/home/somebody/work")).toBe("/home/somebody/work");
  expect(typedIn(checkout, undefined)).toBe(checkout);
});

test("a command that runs anywhere else is typed there, whatever npm said to a process above it", () => {
  expect(typedIn("/tmp/elsewhere", "/home/somebody/work")).toBe("/tmp/elsewhere");
});

test("a relative path is relative to where the command was typed, and an absolute one is left alone", () => {
  expect(pathOption("/dev/stdin")).toBe("/dev/stdin");
  expect(pathOption("plan.json")).toBe(join(typedIn(), "plan.json"));
});

test("the project is the nearest folder above with a Pulumi.yaml, and without one the folder itself", () => {
  const folder = mkdtempSync(join(tmpdir(), "paths-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const deep = join(folder, "docs/runbooks");
  mkdirSync(deep, { recursive: true });
  expect(projectFolder(deep)).toBe(deep);
  writeFileSync(join(folder, "Pulumi.yaml"), "");
  expect(projectFolder(deep)).toBe(folder);
  expect(projectFolder(folder)).toBe(folder);
});
