import { describe, expect, test } from "vitest";
import { circuitBreakers } from "../../../policies/checks/circuit-breakers.ts";
import { clusterFile, routeFile } from "../edge-files.ts";
import {
  asked,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const edge = (clusters = clusterFile(), routes = routeFile()) =>
  dockerContainer("edge", { command: ["cds.json", clusters, "rds-akosha.json", routes] });
const onHost = (...files: string[]) => [dockerService("akosha"), edge(...files)];
const budget = (spec: object) =>
  resource("kubernetes:policy/v1:PodDisruptionBudget", "budget", {
    spec: { selector: { matchLabels: { revision: "akosha-1" } }, ...spec },
  });
const config = resource("kubernetes:core/v1:ConfigMap", "edge", {
  data: { "cds.json": clusterFile(), "rds.json": routeFile() },
});
const inCluster = (...more: ReturnType<typeof budget>[]) => [deployment("akosha"), config, ...more];

describe("circuit breakers", () => {
  test.each([
    ["a Docker host", onHost()],
    ["a cluster", inCluster(budget({ maxUnavailable: 1 }))],
    ["Cloud Run", [cloudService("akosha")]],
  ])("passes on %s", (_, resources) => {
    expect(reasons(asked(circuitBreakers, resources))).toBe("");
  });
  test("sessions are neither ejected nor tried elsewhere: only one instance knows them", () => {
    const sessions = clusterFile({ name: "akosha-1-sessions", outlier_detection: undefined });
    const route = routeFile(
      { retry_policy: undefined },
      { headers: [{ name: "mcp-session-id", present_match: true }] },
    );
    expect(reasons(asked(circuitBreakers, onHost(sessions, route)))).toBe("");
  });
  test.each([
    ["no ejection", onHost(clusterFile({ outlier_detection: undefined })), "eject"],
    ["no bound", onHost(clusterFile({ circuit_breakers: {} })), "does not limit connections"],
    ["no retry", onHost(clusterFile(), routeFile({ retry_policy: undefined })), "does not retry"],
    [
      "retries without a pause",
      onHost(clusterFile(), routeFile({ retry_policy: { retry_on: "connect-failure" } })),
      "back-off",
    ],
    [
      "retries of what has begun",
      onHost(clusterFile(), routeFile({ retry_policy: { retry_on: "5xx", retry_back_off: { base_interval: "1s" } } })),
      "does not retry",
    ],
    ["no idle time-out", onHost(clusterFile(), routeFile({ idle_timeout: "0s" })), "idle timeout"],
    ["no edge", [dockerService("akosha")], "no edge"],
    ["no probe", [dockerService("akosha", { healthcheck: undefined }), edge()], "liveness probe"],
    ["no disruption budget", inCluster(), "PodDisruptionBudget"],
    ["a budget that blocks every drain", inCluster(budget({ minAvailable: 1 })), "PodDisruptionBudget"],
    [
      "a service of any concurrency",
      [cloudService("akosha", { template: { maxInstanceRequestConcurrency: 0 } })],
      "requests per instance",
    ],
    ["a service without a time-out", [cloudService("akosha", { template: { timeout: undefined } })], "request timeout"],
    [
      "a service that is not probed",
      [cloudService("akosha", { container: { livenessProbe: undefined } })],
      "liveness probe",
    ],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(circuitBreakers, resources);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("is not proven where a file of the edge is unknown", () => {
    const unknown = resource("kubernetes:core/v1:ConfigMap", "edge", { data: { "cds.json": UNKNOWN } });
    const outcome = asked(circuitBreakers, [deployment("akosha"), unknown, budget({ maxUnavailable: 1 })]);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: data.cds.json");
  });
});
