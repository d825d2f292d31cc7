import { expect, test } from "vitest";
import type { Report } from "../../policies/report.ts";
import { markdown } from "../../readiness/formats.ts";

test("names and reasons of others become neither links nor HTML nor calls in a pull request", () => {
  const nasty = "<img src=x> [here](https://attacker.test) @everyone | `code` *bold*\nnext\u001b[2J\u202e";
  const finding = { verdict: "fail", resource: nasty, reason: nasty } as const;
  const rule = { name: "no-root", verdict: "fail", findings: [finding], remedy: "run as `10001`" };
  const report = {
    ...{ stack: "prod", target: "compose", score: 0, band: "not ready", gate: { open: false, minimum: 90 } },
    checks: [],
    rules: [rule],
    exemptions: [{ rule: "no-root", owner: "@team", expires: "2027-01-01", reason: nasty, standing: "in force" }],
  } as unknown as Report;
  const text = markdown(report);
  expect(text).toContain("run as `10001`");
  expect(text).not.toMatch(/[^\\][<>[\]*_]|(?<!\\)`code|@|:\/\/|[^\P{Cc}\n]|\p{Cf}/u);
  const [row = ""] = text.split("\n").filter((line) => line.startsWith("| no-root"));
  expect(row.match(/(?<!\\)\|/g)).toHaveLength(6);
});
