import { describe, expect, test } from "vitest";
import { logging } from "../../../policies/checks/logging.ts";
import { listenerFile } from "../edge-files.ts";
import { asked, cloudService, deployment, dockerContainer, reasons, resource, UNKNOWN } from "../fixtures.ts";

const bucket = (retentionDays: unknown) =>
  resource("gcp:logging/projectBucketConfig:ProjectBucketConfig", "logs", { retentionDays });
const sink = resource("gcp:logging/projectSink:ProjectSink", "sink", { filter: 'resource.type="cloud_run_revision"' });
const backend = (enable: boolean) =>
  resource("gcp:compute/backendService:BackendService", "backend", { logConfig: { enable } });
const edge = (fields?: string[], changes = {}) =>
  dockerContainer("edge", { command: ["lds.json", listenerFile({ ...(fields && { logged: fields }) })], ...changes });
const configMap = (fields?: string[]) =>
  resource("kubernetes:core/v1:ConfigMap", "edge", {
    data: { "lds.json": listenerFile({ ...(fields && { logged: fields }) }) },
  });

describe("logging", () => {
  test.each([
    ["Cloud Run", [cloudService("akosha"), bucket(90), sink, backend(true)]],
    ["a Docker host", [edge()]],
    ["a cluster", [deployment("akosha"), configMap()]],
  ])("passes on %s", (_, resources) => {
    expect(reasons(asked(logging, resources))).toBe("");
  });
  test.each([
    ["a short retention", [cloudService("akosha"), bucket(89), sink], "90 days"],
    ["no log bucket", [cloudService("akosha"), sink], "no log bucket"],
    ["no sink", [cloudService("akosha"), bucket(90)], "no sink"],
    ["a balancer that does not log", [cloudService("akosha"), bucket(90), sink, backend(false)], "does not log"],
    ["a log without an end", [edge(undefined, { logOpts: { "max-size": "10m" } })], "not rotated"],
    ["another log driver", [edge(undefined, { logDriver: "none" })], "not rotated"],
    ["a log without the trace", [edge(["revision"])], "traceparent"],
    ["a cluster's edge without a JSON log", [deployment("akosha"), configMap([])], "not logged as JSON"],
    ["no edge", [dockerContainer("x")], "no edge"],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(logging, resources);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("is not proven where the retention is unknown", () => {
    const outcome = asked(logging, [cloudService("akosha"), bucket(UNKNOWN), sink]);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: retentionDays");
  });
});
