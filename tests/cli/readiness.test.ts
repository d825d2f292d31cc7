import { describe, expect, test } from "vitest";
import { exportedState, project } from "../policies/project.ts";

const parsed = (stdout: string) =>
  JSON.parse(stdout) as Record<string, unknown> & { checks: PrintedOutcome[]; rules: PrintedOutcome[] };
type PrintedOutcome = { id?: number; name: string; verdict: string; resource: string; reason: string; remedy: string };

describe("the committed stacks", () => {
  test("a program gets one object with all checks and rules, each with its reason and remedy", {
    timeout: 120_000,
  }, async () => {
    const { maha } = await project();
    const { stdout, code } = await maha("readiness", "--stack", "prod", "--json");
    const { checks, rules, ...report } = parsed(stdout);
    expect(code).toBe(2);
    expect(report).toEqual({
      stack: "prod",
      target: "cloud-run",
      score: 71.4,
      band: "almost ready",
      gate: { minimum: 90, open: false },
      exemptions: [],
    });
    expect(checks.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(checks[11]).toMatchObject({
      ...{ id: 12, name: "integration-tests", verdict: "warn", resource: "evidence smoke" },
      reason: expect.stringContaining("no evidence of smoke test in staging"),
      remedy: expect.stringContaining("npx maha evidence add smoke"),
    });
    expect(rules.every(({ verdict }) => verdict === "pass")).toBe(true);
  });
});

test("people get a table with remedies; a pull request gets Markdown on standard output", {
  timeout: 60_000,
}, async () => {
  const { maha } = await project();
  const { stdout, stderr, code } = await maha("readiness", "--stack", "prod");
  expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
  expect(stderr).toMatch(/^warn +1 security-audit$/m);
  expect(stderr).toMatch(/^pass +10 rate-limiting$/m);
  expect(stderr).toMatch(/^pass +no-root$/m);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe(
    "prod on cloud-run: 71.4 of 100, almost ready; deployment requires 90",
  );

  const markdown = await maha("readiness", "--stack", "prod", "--markdown");
  expect(markdown.stderr).toBe("");
  expect(markdown.stdout).toMatch(/^### Readiness: prod on cloud-run: 71\.4 of 100/);
  expect(markdown.stdout.split("\n").filter((line) => line.startsWith("| ")).length).toBe(1 + 14 + 11);
  expect(markdown.stdout).toContain("| 12 integration-tests | ⚠️ warn | evidence smoke |");
});

describe("an exported state", () => {
  test("is judged by the same checks", async () => {
    const { maha, write } = await project();
    const file = await write("state.json", exportedState("prod", "allUsers"));
    const said = await maha("readiness", "--stack", "prod", "--file", file, "--json");
    expect(said.code).toBe(1);
    const found = parsed(said.stdout).checks.find(({ name }) => name === "authentication");
    expect(found).toMatchObject({
      verdict: "fail",
      resource: "ServiceIamMember open",
      reason: "it grants access to everyone",
    });
    expect(said.stdout + said.stderr).not.toContain("c2VjcmV0");
  });

  test("that is invalid exits with 64, and prints nothing to standard output", async () => {
    const { maha, write } = await project();
    const said = await maha(
      "readiness",
      "--stack",
      "prod",
      "--file",
      await write("state.json", { version: 3 }),
      "--json",
    );
    expect(said).toEqual({ code: 64, stdout: "", stderr: expect.stringContaining("pulumi stack export --file") });
  });
});
