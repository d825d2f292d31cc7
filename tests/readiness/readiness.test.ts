import { describe, expect, test } from "vitest";
import { isBadInput } from "../../cli/errors.ts";
import { exitCodeOf } from "../../policies/report.ts";
import { readinessOf } from "../../readiness/readiness.ts";
import { root } from "../policies/graphs.ts";
import { exportedState, project } from "../policies/project.ts";

describe("the committed stacks", () => {
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
});

describe("an exported state", () => {
  test.each([
    ["no JSON", "resources: []", "not JSON"],
    ["no state", { version: 3 }, "deployment.resources"],
    ["a resource without a URN", { deployment: { resources: [{ type: "x:y:Z" }] } }, "no URN"],
    ["another stack's state", exportedState("staging", "group:a@b.c"), "of stack staging"],
  ])("that is %s is refused", async (_, content, words) => {
    const { folder, write } = await project();
    await refused(readinessOf(folder, { stack: "prod", file: await write("state.json", content) }, new Date()), words);
  });

  test("of another target than the one that was asked for is refused, and so is a file that is not there", async () => {
    const { folder, write } = await project();
    const file = await write("state.json", exportedState("prod", "group:a@b.c"));
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
