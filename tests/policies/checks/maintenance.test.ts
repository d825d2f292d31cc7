import { describe, expect, test } from "vitest";
import { maintenance } from "../../../policies/checks/maintenance.ts";
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

const hostJobs = ["save", "check"].map((action) =>
  dockerContainer(`backup-${action}`, { command: ["schedule", "02:00", action] }),
);
const cron = (action: string) =>
  resource("kubernetes:batch/v1:CronJob", action, {
    spec: {
      schedule: "0 2 * * *",
      jobTemplate: { spec: { template: { spec: { containers: [{ name: "backup", args: [action] }] } } } },
    },
  });
const cloudJob = (action: string) => [
  resource("gcp:cloudrunv2/job:Job", action, {
    name: `backup-${action}`,
    template: { template: { containers: [{ args: [action] }] } },
  }),
  resource("gcp:cloudscheduler/job:Job", `${action}-daily`, {
    schedule: "0 2 * * *",
    httpTarget: { uri: `https://run.test/v2/projects/p/locations/l/jobs/backup-${action}:run` },
  }),
];
const cloudJobs = ["save", "check"].flatMap(cloudJob);
const budget = resource("kubernetes:policy/v1:PodDisruptionBudget", "budget", {
  spec: { selector: { matchLabels: { revision: "akosha-1" } }, maxUnavailable: 1 },
});
const inCluster = [budget, cron("save"), cron("check")];
const database = (maintenanceWindow: unknown) =>
  resource("gcp:sql/databaseInstance:DatabaseInstance", "db", { settings: { maintenanceWindow } });
const machine = (scheduling: object, metadata: object = { "cos-update-strategy": "update_enabled" }) =>
  resource("gcp:compute/instance:Instance", "vm", { scheduling, metadata });
const migrates = { onHostMaintenance: "MIGRATE", automaticRestart: true };

describe("maintenance", () => {
  test.each([
    ["a Docker host", [dockerService("akosha"), ...hostJobs]],
    ["a cluster", [deployment("akosha"), ...inCluster]],
    ["Cloud Run", [cloudService("akosha"), ...cloudJobs, database({ day: 7, hour: 11 }), machine(migrates)]],
  ])("passes on %s", (_, resources) => {
    expect(reasons(asked(maintenance, resources))).toBe("");
  });
  test.each([
    ["no scheduled job", [dockerService("akosha")], "daily backup save"],
    [
      "a container that does not come back",
      [dockerService("akosha", { restart: "on-failure" }), ...hostJobs],
      "restart with the host",
    ],
    [
      "a container that is killed at once",
      [dockerService("akosha", { stopTimeout: 0 }), ...hostJobs],
      "no stop timeout",
    ],
    ["no disruption budget", [deployment("akosha"), cron("save"), cron("check")], "drain"],
    ["no upgrade policy", [deployment("akosha", { spec: { strategy: {} } }), ...inCluster], "no update strategy"],
    ["no window", [cloudService("akosha"), ...cloudJobs, database(undefined)], "maintenance window"],
    ["another window", [cloudService("akosha"), ...cloudJobs, database({ day: 2, hour: 9 })], "maintenance window"],
    [
      "a machine that ends with its host",
      [...cloudJobs, machine({ onHostMaintenance: "TERMINATE" })],
      "during host maintenance",
    ],
    ["a machine that is never updated", [...cloudJobs, machine(migrates, {})], "automatic updates"],
    [
      "revisions without names",
      [cloudService("akosha", { template: { revision: undefined } }), ...cloudJobs],
      "no fixed names",
    ],
    ["a paused schedule", [...cloudJobs.slice(1), resource("gcp:cloudrunv2/job:Job", "x", {})], "daily backup save"],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(maintenance, resources);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("is not proven where the window is unknown", () => {
    const outcome = asked(maintenance, [cloudService("akosha"), ...cloudJobs, database(UNKNOWN)]);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: settings.maintenanceWindow");
  });
});
