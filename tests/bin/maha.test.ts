import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../fixtures/releases.ts";
import { describeWith, onPath } from "../fixtures/tools.ts";

const launcher = join(root, "bin/maha.js");
const plan = { extends: "evidence", drain: 3 };

function run(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(program, [launcher, ...args], { cwd, env: { ...process.env, ...env }, encoding: "utf8" });
}

function folderWithPlan(): string {
  const folder = mkdtempSync(join(tmpdir(), "launcher-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  return folder;
}

const simulation = ["simulate", "--rps", "100", "--true-error", "0", "--runs", "1", "--plan", "plan.json", "--json"];

test("the launcher runs the command line, with its arguments and its exit code, from any folder", () => {
  const { status, stdout, stderr } = run(process.execPath, simulation, folderWithPlan());
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout).runs).toBe(1);
  expect(run(process.execPath, ["simulate", "--rps", "many"], root).status).toBe(64);
});

test("in an npm script, a relative path is relative to where npm was called", () => {
  const { status, stderr } = run(process.execPath, simulation, root, { INIT_CWD: folderWithPlan() });
  expect(status, stderr).toBe(0);
});

/** A Node on PATH, outside this project, that cannot read TypeScript. */
function olderNode(): string | undefined {
  const outside = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const node = onPath("node", outside);
  const [major = 0, minor = 0] = node
    ? spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout.split(".").map(Number)
    : [];
  return node && major >= 18 && (major < 22 || (major === 22 && minor < 18)) ? node : undefined;
}

const older = olderNode();
const anOlderNode = { name: "a Node from 18 to 22.17 on PATH", there: older !== undefined, optional: true } as const;

describeWith([anOlderNode], "on a Node that cannot read TypeScript", {}, () => {
  test("the launcher runs the command line on the project's own Node", () => {
    const { status, stdout, stderr } = run(older as string, simulation, folderWithPlan());
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout).runs).toBe(1);
    expect(run(older as string, ["simulate", "--rps", "many"], root).status).toBe(64);
  });
});
