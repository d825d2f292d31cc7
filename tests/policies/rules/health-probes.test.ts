import { describe, expect, test } from "vitest";
import { healthProbes } from "../../../policies/rules/health-probes.ts";
import {
  asked,
  type Cases,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  reasons,
  UNKNOWN,
} from "../fixtures.ts";

const good: Cases = [
  ["probes", [cloudService("akosha"), deployment("akosha"), dockerService("akosha"), dockerContainer("prod-edge")]],
];
const bad: Cases = [
  ["no health check", [dockerService("akosha", { healthcheck: undefined })]],
  ["a start that nobody waits for", [dockerContainer("prod-edge", { wait: false })]],
  ["no liveness", [deployment("akosha", { container: { livenessProbe: undefined } })]],
  ["no start-up", [cloudService("akosha", { container: { startupProbe: undefined } })]],
];
const unknown = [dockerService("akosha", { wait: UNKNOWN })];

describe("health-probes", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(healthProbes, resources))).toBe("");
    expect(asked(healthProbes, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(healthProbes, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(healthProbes, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
});
