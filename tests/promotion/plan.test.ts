import { describe, expect, test } from "vitest";
import { PlanError, parsePlan, planSchema, plans, straightBack } from "../../promotion/plan.ts";

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
      expect(plan.steps.map(({ bound }) => bound)).toEqual([0.01, 0.005, 0.002, 0.001]);
    }
  });

  test("poll each second while they climb", () => {
    expect(Object.values(plans).map(({ poll }) => poll)).toEqual([1, 1, 1]);
  });

  test("evidence: floors of 30 s and a watch of 60 s", () => {
    expect(plans.evidence.steps.map(({ floor }) => floor)).toEqual([30, 30, 30, 30]);
    expect(plans.evidence.watch).toEqual([{ for: 60, poll: 1 }]);
  });

  test("rehearsal: floors of 10 s, a watch of 20 s, drains of at most 10 s, and short patience", () => {
    expect(plans.rehearsal.steps.map(({ floor }) => floor)).toEqual([10, 10, 10, 10]);
    expect(plans.rehearsal.watch).toEqual([{ for: 20, poll: 1 }]);
    expect(plans.rehearsal.drain).toBe(10);
    expect(plans.rehearsal.patience).toMatchObject({ outage: 30, silence: 120 });
  });

  test("report: an hour at 10 %, half an hour of close watch, a day of watch in all", () => {
    expect(plans.report.steps[0]?.floor).toBe(3600);
    expect(plans.report.watch[0]).toEqual({ for: 1800, poll: 1 });
    expect(plans.report.watch.reduce((sum, stretch) => sum + stretch.for, 0)).toBe(24 * 3600);
  });

  test.each(Object.values(plans))("$name is a plan that can be read back from a file", (plan) => {
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(parsePlan(plan, "plan.json")).toEqual(plan);
  });

  test.each(Object.values(plans))("$name: every deadline comes after its floor", ({ steps }) => {
    for (const { floor, deadline } of steps) expect(deadline).toBeGreaterThan(floor);
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
    const only = [{ share: 100, bound: 0.001, floor: 0, deadline: 60 }];
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
    ["a step without a bound", { steps: [{ share: 100, floor: 1, deadline: 2 }] }, ["steps.0.bound"]],
    ["a share as text", with_(0, { share: "10" }), ["steps.0.share"]],
    ["a share of 0", with_(0, { share: 0 }), ["steps.0.share"]],
    ["a share over 100", with_(3, { share: 101 }), ["steps.3.share"]],
    ["a share that goes down", with_(2, { share: 20 }), ["steps.2.share: 20 does not rise above 25", "only goes up"]],
    ["a share that stands still", with_(1, { share: 10 }), ["steps.1.share: 10 does not rise above 10"]],
    ["no step of 100", { steps: [first, second, third] }, ["the last share is 50", "ends at 100"]],
    [
      "100 before the end",
      { steps: [last, first] },
      ["steps.1.share: 10 does not rise above 100", "the last share is 10"],
    ],
    ["a bound of 0", with_(0, { bound: 0 }), ["steps.0.bound"]],
    ["a bound in percent", with_(0, { bound: 1 }), ["steps.0.bound"]],
    ["a bound no test is left for", with_(0, { bound: 0.9 }), ["steps.0.bound"]],
    ["a negative floor", with_(0, { floor: -1 }), ["steps.0.floor"]],
    ["a deadline of 0", with_(0, { deadline: 0, floor: 0 }), ["steps.0.deadline"]],
    ["a deadline at the floor", with_(1, { deadline: 30 }), ["steps.1.deadline: 30 s is not after the floor of 30 s"]],
    ["an endless deadline", with_(0, { deadline: Number.POSITIVE_INFINITY }), ["steps.0.deadline"]],
    ["no number", with_(0, { floor: Number.NaN }), ["steps.0.floor"]],
    ["no poll", { poll: 0 }, ["poll"]],
    ["a poll of more than a minute", { poll: 61 }, ["poll"]],
    ["a watch that is one number", { watch: 60 }, ["watch"]],
    ["a watch that never polls", { watch: [{ for: 60, poll: 0 }] }, ["watch.0.poll"]],
    ["a negative drain", { drain: -1 }, ["drain"]],
    ["patience with a key missing", { patience: { outage: 1, silence: 1 } }, ["patience.data"]],
    ["an empty name", { name: "" }, ["name"]],
  ])("%s", (_, content, words) => {
    const parse = () => parsePlan(content, "plan.json");
    expect(parse).toThrow(PlanError);
    for (const word of ["plan.json", "Example: {", ...words]) expect(parse).toThrow(word);
  });

  test("every problem is named at once", () => {
    const parse = () => parsePlan({ ...with_(0, { bound: 2, floor: -1 }), drain: -1 }, "plan.json");
    for (const word of ["steps.0.bound", "steps.0.floor", "drain"]) expect(parse).toThrow(word);
    const rising = () => parsePlan({ steps: [third, second, { ...first, deadline: 1 }] }, "plan.json");
    for (const word of ["steps.1.share", "steps.2.share", "steps.2.deadline", "the last share"])
      expect(rising).toThrow(word);
  });

  test("the example is a plan itself", () => {
    const { message } = catchError(() => parsePlan(null, "plan.json"));
    const example = JSON.parse(message.slice(message.indexOf("Example: ") + "Example: ".length));
    expect(parsePlan(example, "plan.json").steps.map(({ share }) => share)).toEqual([20, 100]);
  });
});

test("the way straight back is one step to 100, with the watch of its plan", () => {
  const back = straightBack(plans.report);
  expect(back.steps).toEqual([{ share: 100, bound: 0.5, floor: 0, deadline: 3600 }]);
  expect(back.watch).toEqual(plans.report.watch);
  expect(parsePlan(back, "plan.json")).toEqual(back);
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
