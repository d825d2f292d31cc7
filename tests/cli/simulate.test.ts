import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command } from "../../cli/simulate.ts";
import { UsageError } from "../../cli/usage.ts";
import { plans } from "../../promotion/plan.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulate-"));
});
afterAll(() => rm(folder, { recursive: true }));

const maha = join(import.meta.dirname, "../../cli/maha.ts");
const node = join(import.meta.dirname, "../../node_modules/.bin/node");

/** `maha simulate` with these arguments, as a person starts it. */
const simulate = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(node, [maha, "simulate", ...args], { timeout: 20_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

const spread = { median: expect.any(Number), p95: expect.any(Number), max: expect.any(Number) };
const numbers = { runs: 20, candidateRequests: spread, userErrors: spread, seconds: spread };
const dead = ["--rps", "100", "--true-error", "100", "--runs", "20"];

describe("maha simulate", () => {
  test("prints one JSON object, and the same one for the same seed", async () => {
    const [first, again, other] = await Promise.all([
      simulate(...dead, "--json"),
      simulate(...dead, "--json"),
      simulate(...dead, "--json", "--seed", "7"),
    ]);
    expect(first.code).toBe(0);
    expect(first.out.trimEnd()).not.toContain("\n");
    expect(JSON.parse(first.out)).toEqual({ ...numbers, outcomes: { promoted: 0, "rolled-back": 20, held: 0 } });
    expect(again.out).toBe(first.out);
    expect(other.out).not.toBe(first.out);
  });

  test("compares with the models of other rules, on paper and in JSON", async () => {
    const half = ["--rps", "100", "--true-error", "50", "--runs", "20"];
    const { code, out, err } = await simulate(...half, "--compare", "--json");
    const { compare, ...ours } = JSON.parse(out);
    expect(code).toBe(0);
    expect(compare).toHaveLength(6);
    for (const { userErrors, candidateRequests } of [ours, ...compare]) {
      expect(userErrors.median / candidateRequests.median).toBeGreaterThan(0.4);
      expect(userErrors.median / candidateRequests.median).toBeLessThan(0.6);
    }
    for (const row of compare) {
      expect(row).toMatchObject({ ...numbers, rule: expect.stringMatching(/\(model\)$/), models: expect.any(String) });
      expect(err).toMatch(new RegExp(`^${row.rule.replace(/[+()]/g, "\\$&")} .* none$`, "m"));
    }
  });

  test("without --json standard output stays empty and people get the table", async () => {
    const { code, out, err } = await simulate(...dead);
    expect([code, out]).toEqual([0, ""]);
    expect(err).toMatch(/^plan evidence +0 +20 +0 /m);
  });

  test("follows a plan from a file", async () => {
    const file = join(folder, "plan.json");
    const steps = [{ share: 100, maxErrorRate: 0.01, minDuration: 7, maxDuration: 900 }];
    await writeFile(file, JSON.stringify({ name: "one-step", extends: "rehearsal", steps }));
    const args = ["--rps", "100", "--true-error", "0", "--stable-error", "0", "--runs", "1", "--plan", file, "--json"];
    const { out } = await simulate(...args);
    const { outcomes, seconds } = JSON.parse(out);
    expect(outcomes.promoted).toBe(1);
    expect(seconds.median).toBeGreaterThanOrEqual(7);
    expect(seconds.median).toBeLessThan(10);
  });
});

test.each([
  ["a missing option", ["--rps", "100"], /--true-error/],
  ["a number out of range", ["--rps", "1", "--true-error", "101"], /--true-error 101: .* 0 to 100/],
  ["an unknown plan", [...dead, "--plan", "quick"], new RegExp(Object.keys(plans).join(", "))],
])("%s ends with exit code 64 and words for people", async (_, args, message) => {
  const { code, out, err } = await simulate(...args);
  expect([code, out]).toEqual([64, ""]);
  expect(err).toMatch(message);
  expect(err).not.toMatch(/^ +at /m);
});

test.each([
  ["a rate that is no number", ["--rps", "many"], /--rps many: .* Example: --rps 100/],
  ["an empty rate", ["--rps", ""], /--rps : expected a number/],
  ["a negative rate", ["--rps=-1"], /--rps -1: expected a number from 0/],
  ["stable below nothing", ["--stable-error=-1"], /--stable-error -1: /],
  ["no run", ["--runs", "0"], /--runs 0: expected a whole number from 1/],
  ["half a run", ["--runs", "1.5"], /--runs 1.5: expected a whole number/],
  ["a seed that is no number", ["--seed", "x"], /--seed x: /],
])("%s is refused, and the example is one that works", async (_, args, message) => {
  const refused = command.parseAsync([...dead, ...args], { from: "user" });
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});
