import { describe, expect, test } from "vitest";
import { PlanError, parsePlan, planSchema, plans } from "../../promotion/plan.ts";

const steps = plans.evidence.steps;
const [first, second, third, last] = steps as [
  (typeof steps)[0],
  (typeof steps)[0],
  (typeof steps)[0],
  (typeof steps)[0],
];

describe("the named plans", () => {
  test("climb 10, 25, 50, 100 and certify 1, 0.5, 0.2, 0.1 %", () => {
    for (const plan of Object.values(plans)) {
      expect(plan.steps.map(({ share }) => share)).toEqual([10, 25, 50, 100]);
      expect(plan.steps.map(({ maxErrorRate }) => maxErrorRate)).toEqual([0.01, 0.005, 0.002, 0.001]);
    }
  });

  test("poll each second while they climb", () => {
    expect(Object.values(plans).map(({ poll }) => poll)).toEqual([1, 1, 1]);
  });

  test("evidence: minimum durations of 30 s and a bake of 60 s", () => {
    expect(plans.evidence.steps.map(({ minDuration }) => minDuration)).toEqual([30, 30, 30, 30]);
    expect(plans.evidence.bake).toEqual([{ for: 60, poll: 1 }]);
  });

  test("rehearsal: minimum durations of 10 s, a bake of 20 s, drains of at most 10 s, and short hold timeouts", () => {
    expect(plans.rehearsal.steps.map(({ minDuration }) => minDuration)).toEqual([10, 10, 10, 10]);
    expect(plans.rehearsal.bake).toEqual([{ for: 20, poll: 1 }]);
    expect(plans.rehearsal.drain).toBe(10);
    expect(plans.rehearsal.holdTimeouts).toMatchObject({ outage: 30, silence: 120 });
  });

  test("report: an hour at 10 %, half an hour of close bake, a day of bake in all", () => {
    expect(plans.report.steps[0]?.minDuration).toBe(3600);
    expect(plans.report.bake[0]).toEqual({ for: 1800, poll: 1 });
    expect(plans.report.bake.reduce((sum, stretch) => sum + stretch.for, 0)).toBe(24 * 3600);
  });

  test.each(Object.values(plans))("$name is a plan that can be read back from a file", (plan) => {
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(parsePlan(plan, "plan.json")).toEqual(plan);
  });

  test.each(Object.values(plans))("$name: every deadline comes after its floor", ({ steps }) => {
    for (const { minDuration, maxDuration } of steps) expect(maxDuration).toBeGreaterThan(minDuration);
  });
});

describe("overrides", () => {
  test("without any, the file is the evidence plan", () => {
    expect(parsePlan({}, "plan.json")).toEqual(plans.evidence);
  });

  test.each(["evidence", "rehearsal", "report"] as const)("extend %s", (name) => {
    expect(parsePlan({ extends: name }, "plan.json")).toEqual(plans[name]);
    expect(parsePlan({ extends: name, drain: 7 }, "plan.json")).toEqual({ ...plans[name], drain: 7 });
  });

  test("replace the steps as a whole", () => {
    const only = [{ share: 100, maxErrorRate: 0.001, minDuration: 0, maxDuration: 60 }];
    expect(parsePlan({ steps: only }, "plan.json").steps).toEqual(only);
  });

  test("leave the named plan as it is", () => {
    const before = structuredClone(plans);
    parsePlan({ extends: "report", steps: [last], poll: 5, name: "mine" }, "plan.json");
    expect(plans).toEqual(before);
  });
});

describe("a bad plan is refused with its file, its problem and an example", () => {
  const with_ = (i: number, change: object) => ({
    steps: steps.map((step, j) => (i === j ? { ...step, ...change } : step)),
  });

  test.each<[string, unknown, string[]]>([
    ["no object", "10, 25, 50", ["the file"]],
    ["null", null, ["the file"]],
    ["a list", [first], ["the file"]],
    ["another plan to extend", { extends: "yolo" }, ["extends", "evidence", "rehearsal", "report"]],
    ["an unknown key", { stepps: [] }, ["stepps"]],
    ["an unknown key in a step", with_(1, { percent: 30 }), ["steps.1", "percent"]],
    ["no steps", { steps: [] }, ["steps"]],
    ["a step without a bound", { steps: [{ share: 100, minDuration: 1, maxDuration: 2 }] }, ["steps.0.maxErrorRate"]],
    ["a share as text", with_(0, { share: "10" }), ["steps.0.share"]],
    ["a share of 0", with_(0, { share: 0 }), ["steps.0.share"]],
    ["a share over 100", with_(3, { share: 101 }), ["steps.3.share"]],
    [
      "a share that goes down",
      with_(2, { share: 20 }),
      ["steps.2.share: 20 is not above the previous share, 25", "shares must increase"],
    ],
    ["a share that stands still", with_(1, { share: 10 }), ["steps.1.share: 10 is not above the previous share, 10"]],
    ["no step of 100", { steps: [first, second, third] }, ["the last share is 50", "must be 100"]],
    [
      "100 before the end",
      { steps: [last, first] },
      ["steps.1.share: 10 is not above the previous share, 100", "the last share is 10"],
    ],
    ["a bound of 0", with_(0, { maxErrorRate: 0 }), ["steps.0.maxErrorRate"]],
    ["a bound in percent", with_(0, { maxErrorRate: 1 }), ["steps.0.maxErrorRate"]],
    ["a bound no test is left for", with_(0, { maxErrorRate: 0.9 }), ["steps.0.maxErrorRate"]],
    ["a negative floor", with_(0, { minDuration: -1 }), ["steps.0.minDuration"]],
    ["a deadline of 0", with_(0, { maxDuration: 0, minDuration: 0 }), ["steps.0.maxDuration"]],
    [
      "a deadline at the floor",
      with_(1, { maxDuration: 30 }),
      ["steps.1.maxDuration: 30 s is not longer than minDuration, 30 s"],
    ],
    ["an endless deadline", with_(0, { maxDuration: Number.POSITIVE_INFINITY }), ["steps.0.maxDuration"]],
    ["no number", with_(0, { minDuration: Number.NaN }), ["steps.0.minDuration"]],
    ["no poll", { poll: 0 }, ["poll"]],
    ["a poll of more than a minute", { poll: 61 }, ["poll"]],
    ["a bake that is one number", { bake: 60 }, ["bake"]],
    ["a bake that never polls", { bake: [{ for: 60, poll: 0 }] }, ["bake.0.poll"]],
    ["a negative drain", { drain: -1 }, ["drain"]],
    ["patience with a key missing", { holdTimeouts: { outage: 1, silence: 1 } }, ["holdTimeouts.data"]],
    ["an empty name", { name: "" }, ["name"]],
  ])("%s", (_, content, words) => {
    const parse = () => parsePlan(content, "plan.json");
    expect(parse).toThrow(PlanError);
    for (const word of ["plan.json", "Example: {", ...words]) expect(parse).toThrow(word);
  });

  test("every key of an older format is named with its new name, and nothing that follows from it", () => {
    const old = { share: 100, bound: 0.01, floor: 10, deadline: 300 };
    const { message } = catchError(() => parsePlan({ steps: [old], watch: [], patience: {} }, "plan.json"));
    expect(message.split("\n").slice(1, -1)).toEqual([
      "  watch: the key is bake now",
      "  patience: the key is holdTimeouts now",
      "  steps.0.bound: the key is maxErrorRate now",
      "  steps.0.floor: the key is minDuration now",
      "  steps.0.deadline: the key is maxDuration now",
    ]);
  });

  test("every problem is named at once", () => {
    const parse = () => parsePlan({ ...with_(0, { maxErrorRate: 2, minDuration: -1 }), drain: -1 }, "plan.json");
    for (const word of ["steps.0.maxErrorRate", "steps.0.minDuration", "drain"]) expect(parse).toThrow(word);
    const rising = () => parsePlan({ steps: [third, second, { ...first, maxDuration: 1 }] }, "plan.json");
    for (const word of ["steps.1.share", "steps.2.share", "steps.2.maxDuration", "the last share"])
      expect(rising).toThrow(word);
  });

  test("the example is a plan itself", () => {
    const { message } = catchError(() => parsePlan(null, "plan.json"));
    const example = JSON.parse(message.slice(message.indexOf("Example: ") + "Example: ".length));
    expect(parsePlan(example, "plan.json").steps.map(({ share }) => share)).toEqual([20, 100]);
  });
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
