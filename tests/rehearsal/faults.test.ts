import { describe, expect, test } from "vitest";
import { RehearsalError } from "../../rehearsal/error.ts";
import { faultAt, parseFault } from "../../rehearsal/faults.ts";

describe("parseFault", () => {
  test.each([
    ["dead", { kind: "dead" }],
    ["crash", { kind: "crash" }],
    ["outage", { kind: "outage" }],
    ["errors:5", { kind: "errors", percent: 5 }],
    ["errors:0.5", { kind: "errors", percent: 0.5 }],
    ["tool-errors:100", { kind: "tool-errors", percent: 100 }],
    ["cut-streams:20", { kind: "cut-streams", percent: 20 }],
    ["slow:1500", { kind: "slow", ms: 1500 }],
    ["late:50", { kind: "late", share: 50 }],
  ])("%s", (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  test.each([
    "",
    "deaf",
    "dead:5",
    "errors",
    "errors:",
    "errors: ",
    "errors:0",
    "errors:101",
    "errors:-1",
    "errors:many",
    "errors:5:6",
    "slow:NaN",
    "slow:Infinity",
    "late:0",
    "late:150",
    "toString",
  ])("%j is refused with the names of all faults", (text) => {
    expect(() => parseFault(text)).toThrow(RehearsalError);
    for (const name of ["dead", "crash", "errors:", "slow:", "tool-errors:", "cut-streams:", "late:", "outage"])
      expect(() => parseFault(text)).toThrow(name);
  });
});

describe("faultAt", () => {
  const kindsAt = (text: string) =>
    [0, 10, 50, 100].map((share) =>
      (["stable", "candidate"] as const).map((role) => faultAt(parseFault(text), role, share).kind).join(" "),
    );
  const healthy = "healthy healthy";

  test.each([
    ["dead", [healthy, "healthy dead", "healthy dead", "healthy dead"]],
    ["crash", [healthy, "healthy crash", "healthy crash", "healthy crash"]],
    ["errors:5", [healthy, "healthy errors", "healthy errors", "healthy errors"]],
    ["slow:9", [healthy, "healthy slow", "healthy slow", "healthy slow"]],
    ["late:50", [healthy, healthy, "healthy dead", "healthy dead"]],
    ["outage", [healthy, "dead dead", "dead dead", "dead dead"]],
  ])("%s at 0, 10, 50 and 100 %%: what stable and candidate do", (text, kinds) => {
    expect(kindsAt(text)).toEqual(kinds);
  });

  test("without a fault both are healthy at any share, and a number is kept", () => {
    expect(faultAt(null, "candidate", 100)).toEqual({ kind: "healthy" });
    expect(faultAt(parseFault("cut-streams:7"), "candidate", 10)).toEqual({ kind: "cut-streams", percent: 7 });
  });
});
