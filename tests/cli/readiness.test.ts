import { describe, expect, test } from "vitest";
import { isBadInput } from "../../cli/errors.ts";
import { exitCodeOf } from "../../policies/report.ts";
import { readinessOf } from "../../readiness/readiness.ts";
import { root } from "../policies/graphs.ts";
import { project } from "../policies/project.ts";

const parsed = (stdout: string) =>
  JSON.parse(stdout) as Record<string, unknown> & { checks: PrintedOutcome[]; rules: PrintedOutcome[] };
type PrintedOutcome = { id?: number; name: string; verdict: string; resource: string; reason: string; remedy: string };

describe("the committed stacks as they stand", () => {
  test.each([
    ["prod", "cloud-run", false],
    ["staging", "cloud-run", true],
    ["local", "compose", true],
  ] as const)("%s: no failure, and each warning is a missing piece of evidence", async (stack, target, open) => {
    const report = await readinessOf(root, { stack }, new Date());
    const findings = [...report.checks, ...report.rules].flatMap(({ name, findings }) =>
      findings.map((finding) => ({ name, ...finding })),
    );
    expect(findings.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    for (const { reason } of findings.filter(({ verdict }) => verdict === "warn")) {
      expect(reason).toMatch(/^no evidence of /);
    }
    expect(report).toMatchObject({ target, score: 71.4, band: "almost ready", gate: { open }, exemptions: [] });
    expect(exitCodeOf(report)).toBe(2);
  });

  test("a program gets one object with the fourteen and the others, each with what is amiss and what to do", async () => {
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

test("people read a table and what to do; a pull request gets Markdown on standard output", async () => {
  const { maha } = await project();
  const { stdout, stderr, code } = await maha("readiness", "--stack", "prod");
  expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
  expect(stderr).toMatch(/^warn +1 security-audit$/m);
  expect(stderr).toMatch(/^pass +10 rate-limiting$/m);
  expect(stderr).toMatch(/^pass +no-root$/m);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe("prod on cloud-run: 71.4 of 100, almost ready; it needs 90");

  const markdown = await maha("readiness", "--stack", "prod", "--markdown");
  expect(markdown.stderr).toBe("");
  expect(markdown.stdout).toMatch(/^### Readiness: prod on cloud-run: 71\.4 of 100/);
  expect(markdown.stdout.split("\n").filter((line) => line.startsWith("| ")).length).toBe(1 + 14 + 11);
  expect(markdown.stdout).toContain("| 12 integration-tests | ⚠️ warn | evidence smoke |");
});

/** An exported state of one service that everybody may call. */
const state = (stack: string, member: string) => ({
  version: 3,
  deployment: {
    resources: [
      {
        urn: `urn:pulumi:${stack}::mahavishnu::pulumi:pulumi:Stack::mahavishnu-${stack}`,
        type: "pulumi:pulumi:Stack",
        custom: false,
      },
      {
        urn: `urn:pulumi:${stack}::mahavishnu::gcp:cloudrunv2/serviceIamMember:ServiceIamMember::open`,
        type: "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        custom: true,
        inputs: {
          member,
          note: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "c2VjcmV0" },
        },
        outputs: { member },
      },
    ],
  },
});

describe("an exported state", () => {
  test("is judged by the same checks", async () => {
    const { maha, write } = await project();
    const file = await write("state.json", state("prod", "allUsers"));
    const said = await maha("readiness", "--stack", "prod", "--file", file, "--json");
    expect(said.code).toBe(1);
    const found = parsed(said.stdout).checks.find(({ name }) => name === "authentication");
    expect(found).toMatchObject({
      verdict: "fail",
      resource: "ServiceIamMember open",
      reason: "it names everybody as a member",
    });
    expect(said.stdout + said.stderr).not.toContain("c2VjcmV0");
  });

  test("that is none ends with 64, and nothing on standard output", async () => {
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

  test.each([
    ["no JSON", "resources: []", "not JSON"],
    ["no state", { version: 3 }, "deployment.resources"],
    ["a resource without a URN", { deployment: { resources: [{ type: "x:y:Z" }] } }, "no URN"],
    ["another stack's state", state("staging", "group:a@b.c"), "of stack staging"],
  ])("that is %s is refused", async (_, content, words) => {
    const { folder, write } = await project();
    await refused(readinessOf(folder, { stack: "prod", file: await write("state.json", content) }, new Date()), words);
  });

  test("of another target than the one that was asked for is refused, and so is a file that is not there", async () => {
    const { folder, write } = await project();
    const file = await write("state.json", state("prod", "group:a@b.c"));
    const asked = { stack: "prod", target: "compose", file } as const;
    await refused(readinessOf(folder, asked, new Date()), "--target compose");
    await refused(readinessOf(folder, { stack: "prod", file: "nowhere.json" }, new Date()), "ENOENT");
  });
});

test("an unknown stack, and an exemption from nothing, are refused", async () => {
  const { folder, edit } = await project();
  await refused(readinessOf(folder, { stack: "nowhere" }, new Date()), "local, prod, staging");
  await edit("Pulumi.prod.yaml", (text) =>
    text.replace(
      "config:",
      'config:\n  mahavishnu:exemptions:\n    - { rule: mantenance, reason: "replaced next week", owner: us, expires: 2999-01-01 }',
    ),
  );
  await refused(readinessOf(folder, { stack: "prod" }, new Date()), "no check or rule is called mantenance");
});

/** Bad input: words for people, and exit code 64. */
async function refused(asked: Promise<unknown>, words: string): Promise<void> {
  const error = await asked.then(
    () => undefined,
    (error: Error) => error,
  );
  expect(error?.message).toContain(words);
  expect(error && isBadInput(error)).toBe(true);
}
