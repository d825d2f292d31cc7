import { describe, expect, test } from "vitest";
import { targets } from "../../ecosystem/targets.ts";
import { check, judge, rule } from "../../policies/check.ts";
import { checks } from "../../policies/checks.ts";
import { textAt } from "../../policies/props.ts";
import { rules } from "../../policies/rules.ts";
import { bandOf, scoreOf } from "../../policies/score.ts";
import { demand, fail, pass, worst } from "../../policies/verdict.ts";
import { viewOf } from "../../policies/view/view.ts";
import { asked, factsOf, reasons, resource, UNKNOWN } from "./fixtures.ts";

const words = { why: "because", remedy: "do it" };
const one = resource("x:y:Thing", "one", { name: "one" });

describe("a rule", () => {
  test("with nothing to judge fails", () => {
    expect(asked(rule("r", { ...words, judge: () => [] }), [])).toMatchObject({ verdict: "fail" });
    expect(asked(check(1, "r", { ...words, each: () => [] }), [one]).verdict).toBe("fail");
  });
  test("that throws fails with its name, and none of the error's words", () => {
    const outcome = asked(rule("breaks", { ...words, each: () => JSON.parse("{ planted }") }), [one]);
    expect(outcome).toMatchObject({
      verdict: "fail",
      findings: [{ reason: "the rule breaks threw an exception (SyntaxError)" }],
    });
  });
  test("that throws about one resource still judges the others", () => {
    const picky = rule("r", {
      ...words,
      each: (resource) => {
        if (resource.name === "one") throw new Error("planted");
        return [pass(resource)];
      },
    });
    expect(asked(picky, [one, resource("x:y:Thing", "two", {})]).findings.map(({ verdict }) => verdict)).toEqual([
      "fail",
      "pass",
    ]);
  });
  test("that reads an unknown input is not proven: a failure if it gates, else a warning", () => {
    const reads = rule("r", {
      ...words,
      each: (resource) => [demand(textAt(resource.props, "a.b") === "c", resource, "no")],
    });
    const unknown = resource("x:y:Thing", "one", { a: { b: UNKNOWN } });
    const outcome = asked(reads, [unknown]);
    expect(outcome).toMatchObject({ verdict: "fail", findings: [{ resource: "Thing one", urn: unknown.urn }] });
    expect(reasons(outcome)).toBe("Thing one: not proven: a.b is known only after the update");
    expect(asked(reads, [unknown], factsOf("mine")).verdict).toBe("warn");
  });
  test("about other targets does not apply", () => {
    const cloud = rule("r", { ...words, targets: ["cloud-run"], judge: () => [fail("x", "no")] });
    const outcome = judge(cloud, viewOf([resource("docker:index/volume:Volume", "v", {})]), factsOf());
    expect(outcome).toMatchObject({ verdict: "not-applicable", findings: [{ reason: "applies only to cloud-run" }] });
  });
});

test("the fourteen checks are numbered, and every check and rule has a text and a unique name", () => {
  expect(checks.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  const all = [...checks, ...rules];
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, why, remedy, targets: about = targets } of all) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(why.length, name).toBeGreaterThan(20);
    expect(remedy.length, name).toBeGreaterThan(20);
    expect(about.length, name).toBeGreaterThan(0);
  }
});

test("the worst verdict counts, and none at all is a failure", () => {
  expect(worst(["pass", "warn", "not-applicable"])).toBe("warn");
  expect(worst(["not-applicable", "pass"])).toBe("pass");
  expect(worst([])).toBe("fail");
});

describe("the score", () => {
  test("is the report's: 8 passes and 6 warnings are 78.57", () => {
    expect(scoreOf([...Array(8).fill("pass"), ...Array(6).fill("warn")])).toBeCloseTo(78.57, 2);
  });
  test("is a share of the points of the checks that apply, not of all", () => {
    expect(scoreOf(["pass", "fail", "not-applicable"])).toBe(50);
    expect(scoreOf(["not-applicable"])).toBe(0);
  });
  test.each([
    [100, "ready"],
    [90, "ready"],
    [89.9, "almost ready"],
    [70, "almost ready"],
    [69.9, "not ready"],
    [50, "not ready"],
    [49.9, "critical"],
    [0, "critical"],
  ])("%d is %s", (score, band) => {
    expect(bandOf(score)).toBe(band);
  });
});
