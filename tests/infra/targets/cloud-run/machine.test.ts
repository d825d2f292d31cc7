import { describe, expect, test } from "vitest";
import type { MachineDescription } from "../../../../infra/targets/cloud-run/machine-description.ts";
import { machineScript } from "../../../../infra/targets/cloud-run/machine-script.ts";
import { type CloudGraph, graphsOf } from "./fixtures.ts";

const graphs = await graphsOf("stable", "candidate");

describe("the machine of the single services", () => {
  test("is small, has no external address, and verifies and updates its system", () => {
    const { inputs } = graphs.stable.one("singles-instance");
    expect(inputs).toMatchObject({
      name: "singles",
      machineType: "e2-standard-4",
      bootDisk: { initializeParams: { image: "projects/cos-cloud/global/images/family/cos-stable" } },
      networkInterfaces: [{ subnetwork: "mahavishnu-prod-machine" }],
      shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
      metadata: { "cos-update-strategy": "update_enabled", "google-logging-enabled": "true" },
    });
    expect(JSON.stringify(inputs.networkInterfaces)).not.toContain("accessConfigs");
    expect(graphs.stable.those("RouterNat")).toHaveLength(1);
  });

  test("holds no secret in its metadata", () => {
    const { secretPaths, inputs } = graphs.candidate.one("singles-instance");
    expect(secretPaths).toEqual([]);
    expect(JSON.stringify(inputs.metadata)).toContain("session-encryption-key");
  });

  test("describes its workload in its metadata, as data", () => {
    const { metadata } = graphs.candidate.one("singles-instance").inputs as { metadata: Record<string, string> };
    const description = JSON.parse(metadata["singles-description"] ?? "") as MachineDescription;
    expect(description.containers).toMatchObject([
      { service: "session-buddy", role: "stable", secrets: { SESSION_ENCRYPTION_KEY: "session-encryption-key" } },
      { service: "session-buddy", role: "candidate" },
    ]);
    expect(description.backup).toMatchObject({ command: ["save"], dailyAt: "02:00", secrets: ["restic-password"] });
    expect(metadata.singles).toBe(machineScript(description));
  });

  test("has a durable disk for each service, with a snapshot each day", () => {
    const { stable } = graphs;
    const disk = stable.one("singles-session-buddy-disk");
    expect(disk.protect).toBe(true);
    expect(stable.one("singles-instance").inputs.attachedDisks).toEqual([
      { source: disk.inputs.name, deviceName: "session-buddy" },
    ]);
    expect(stable.one("singles-session-buddy-snapshots").inputs).toMatchObject({ disk: disk.inputs.name });
    expect(stable.one("singles-snapshots").inputs.snapshotSchedulePolicy).toMatchObject({
      schedule: { dailySchedule: { daysInCycle: 1, startTime: "02:00" } },
      retentionPolicy: { maxRetentionDays: 30, onSourceDiskDelete: "KEEP_AUTO_SNAPSHOTS" },
    });
  });

  test("is reachable only from the services, at the ports of its containers", () => {
    const callers = (graph: CloudGraph) => graph.one("singles-callers").inputs;
    expect(graphs.stable.those("Firewall")).toHaveLength(1);
    expect(callers(graphs.stable)).toMatchObject({
      direction: "INGRESS",
      sourceRanges: [graphs.stable.one("network-services").inputs.ipCidrRange],
      targetServiceAccounts: ["mcp-singles@mahavishnu-prod.iam.gserviceaccount.com"],
      allows: [{ protocol: "tcp", ports: ["8678"] }],
    });
    expect(callers(graphs.candidate)).toMatchObject({ allows: [{ ports: ["8678", "18678"] }] });
  });

  test("with its own identity can only pull images, write logs and metrics, and impersonate its services", () => {
    const member = "serviceAccount:mcp-singles@mahavishnu-prod.iam.gserviceaccount.com";
    const roles = graphs.stable.resources
      .filter(({ name, inputs }) => inputs.member === member && name.startsWith("singles-"))
      .map(({ inputs }) => String(inputs.role));
    expect(roles.sort()).toEqual([
      "roles/artifactregistry.reader",
      "roles/iam.serviceAccountTokenCreator",
      "roles/logging.logWriter",
      "roles/monitoring.metricWriter",
    ]);
  });

  test("changes its workload without a restart, and is replaced only when its cloud-init changes", () => {
    expect(graphs.stable.one("singles-instance")).toMatchObject({
      replaceOnChanges: ['metadata["user-data"]'],
      deleteBeforeReplace: true,
    });
    const start = (graph: CloudGraph) =>
      (graph.one("singles-instance").inputs.metadata as Record<string, string>)["user-data"];
    expect(start(graphs.candidate)).toBe(start(graphs.stable));
  });
});
