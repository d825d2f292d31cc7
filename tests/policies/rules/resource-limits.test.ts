import { describe, expect, test } from "vitest";
import { resourceLimits } from "../../../policies/rules/resource-limits.ts";
import { asked, type Cases, cloudService, deployment, dockerContainer, reasons, UNKNOWN } from "../fixtures.ts";

const good: Cases = [
  ["limits everywhere", [cloudService("akosha"), deployment("akosha"), dockerContainer("x")]],
  ["a job that may take a processor", [dockerContainer("x", { restart: "no", cpus: undefined })]],
];
const bad: Cases = [
  ["any memory", [dockerContainer("x", { memory: undefined })]],
  ["any processor", [dockerContainer("x", { cpus: undefined })]],
  ["a pod without limits", [deployment("akosha", { container: { resources: { requests: { cpu: "1" } } } })]],
  ["a service without memory", [cloudService("akosha", { container: { resources: { limits: { cpu: "1" } } } })]],
];
const unknown = [dockerContainer("x", { memory: UNKNOWN })];

describe("resource-limits", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(resourceLimits, resources))).toBe("");
    expect(asked(resourceLimits, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(resourceLimits, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(resourceLimits, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
});
