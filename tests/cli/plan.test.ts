import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPlan } from "../../cli/plan.ts";
import { UsageError } from "../../cli/usage.ts";
import { PlanError, plans } from "../../promotion/plan.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-"));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (name: string, content: string) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

test("a plan's name is that plan", async () => {
  for (const plan of Object.values(plans)) expect(await readPlan(plan.name)).toBe(plan);
});

test("a file changes the plan that it extends", async () => {
  const path = await file("drain.json", JSON.stringify({ extends: "rehearsal", drain: 3 }));
  expect(await readPlan(path)).toEqual({ ...plans.rehearsal, drain: 3 });
});

test("neither a name nor a file: lists the known names", async () => {
  const error = await readPlan(join(folder, "nowhere")).catch((error: Error) => error);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(/evidence, rehearsal, report.*no such file/);
});

test("a folder is not a plan", async () => {
  await expect(readPlan(folder)).rejects.toThrow(UsageError);
});

test("a file that is not JSON, and one with an invalid plan", async () => {
  await expect(readPlan(await file("torn.json", '{"steps": ['))).rejects.toThrow(/torn\.json: not valid JSON/);
  const down = JSON.stringify({ steps: [{ share: 50, maxErrorRate: 0.01, minDuration: 1, maxDuration: 2 }] });
  await expect(readPlan(await file("down.json", down))).rejects.toThrow(PlanError);
});
