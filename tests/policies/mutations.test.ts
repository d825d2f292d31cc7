import { beforeAll, describe, expect, test } from "vitest";
import { targets } from "../../ecosystem/targets.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { checks } from "../../policies/checks.ts";
import { exitCodeOf, type Report } from "../../policies/report.ts";
import { allProven, captureDeclared, declaredOf, knownOf, reportOf, root } from "./graphs.ts";
import { mutations } from "./mutations/all.ts";

const facts = knownOf("prod", { evidence: allProven() });

describe.each(targets)("prod on %s, with everything proven", (target) => {
  let whole: Report;
  beforeAll(async () => {
    whole = reportOf(await declaredOf("prod", target), facts);
  });

  test("has 100 and may be deployed", () => {
    const amiss = [...whole.checks, ...whole.rules].flatMap(({ name, findings }) =>
      findings
        .filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable")
        .map((found) => ({ name, ...found })),
    );
    expect(amiss).toEqual([]);
    expect(whole).toMatchObject({ score: 100, band: "ready", gate: { open: true } });
    expect(exitCodeOf(whole)).toBe(0);
  });

  test.each(mutations.filter((mutation) => mutation.target === target))(
    "$what: $caught",
    async ({ breaks, caught }) => {
      const broken = reportOf(breaks(await declaredOf("prod", target)), facts);
      const found = [...broken.checks, ...broken.rules].find(({ name }) => name === caught);
      expect(found?.verdict).toBe("fail");
      expect(exitCodeOf(broken)).toBe(1);
      expect(broken.gate.open).toBe(false);
      if (checks.some(({ name }) => name === caught)) expect(broken.score).toBeLessThan(100);
      // whatever was planted stays out of what is said
      expect(JSON.stringify(broken)).not.toMatch(/planted-|:planted@|example\.com/);
    },
  );
});

test.each(["compose", "kubernetes"] as const)(
  "prod on %s whose settings name no issuer: authentication",
  async (target) => {
    const stack = readStack(root, "prod");
    const { auth: _, ...edge } = stack.settings.edge; // as the settings themselves do not allow
    const { checks } = reportOf(
      await captureDeclared({ ...stack, settings: { ...stack.settings, edge } }, target),
      facts,
    );
    expect(checks.find(({ name }) => name === "authentication")?.verdict).toBe("fail");
  },
);

test("each of the fourteen is broken at least once", () => {
  const caught = new Set(mutations.map((mutation) => mutation.caught));
  expect(checks.filter(({ name }) => !caught.has(name))).toEqual([]);
  expect(mutations.length).toBeGreaterThanOrEqual(40);
});
