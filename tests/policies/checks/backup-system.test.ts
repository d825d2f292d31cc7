import { describe, expect, test } from "vitest";
import { backupSystem } from "../../../policies/checks/backup-system.ts";
import {
  asked,
  deployment,
  dockerContainer,
  dockerService,
  factsOf,
  filed,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const evidence = [filed("backup"), filed("restore-drill")];
const facts = factsOf("prod", { evidence });
const repository = { RESTIC_REPOSITORY: "gs:acme-backups:/x", RESTIC_PASSWORD_FILE: "/run/secrets/restic-password" };
const keep = { BACKUP_KEEP_DAILY: "30", BACKUP_KEEP_WEEKLY: "12", BACKUP_KEEP_MONTHLY: "6" };
const stores = { BACKUP_VOLUMES: "session-buddy=/volumes/session-buddy", BACKUP_DATABASES: "akosha=/a mahavishnu=/b" };
const vault = { BACKUP_VAULT: "gs:acme-vault:/x" };

const host = (action: string, variables: object, time = "02:00") =>
  dockerContainer(`backup-${action}`, {
    command: ["schedule", time, action],
    envs: Object.entries({ ...repository, ...variables }).map(([name, value]) => `${name}=${value}`),
  });
const services = [dockerService("session-buddy"), dockerService("akosha"), dockerService("mahavishnu")];
const onHost = ({ save = stores as object, check = keep as object, copy = vault as object, time = "02:00" } = {}) => [
  ...services,
  host("save", save, time),
  host("check", check),
  host("vault", copy),
];

const cron = (action: string, variables: object, spec: object = {}) =>
  resource("kubernetes:batch/v1:CronJob", `backup-${action}`, {
    spec: {
      schedule: "0 2 * * *",
      jobTemplate: {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "backup",
                  args: [action],
                  env: Object.entries({ ...repository, ...variables }).map(([name, value]) => ({ name, value })),
                },
              ],
            },
          },
        },
      },
      ...spec,
    },
  });
const inCluster = (spec = {}) => [
  deployment("session-buddy"),
  deployment("akosha"),
  cron("save", stores, spec),
  cron("check", keep),
  cron("vault", vault),
];

const bucket = (name: string, props: object) => resource("gcp:storage/bucket:Bucket", name, { name, ...props });
const kept = bucket("acme-backups", { location: "europe-west1", versioning: { enabled: true } });
const locked = { location: "EU", retentionPolicy: { isLocked: true, retentionPeriod: "16070400" } };

describe("backup system", () => {
  test.each([
    ["a Docker host", onHost()],
    ["a cluster", inCluster()],
    ["buckets of its own", [...onHost(), kept, bucket("acme-vault", locked)]],
  ])("passes on %s", (_, resources) => {
    expect(reasons(asked(backupSystem, resources, facts))).toBe("");
  });
  test("warns without a backup or a drill", () => {
    const outcome = asked(backupSystem, onHost());
    expect(outcome.verdict).toBe("warn");
    expect(reasons(outcome)).toMatch(/last successful backup[\s\S]*restore drill/);
  });
  test.each([
    [
      "a backup of yesterday morning",
      [filed("backup", { date: "2027-01-19T11:59:00.000Z" }), evidence[1] as never],
      "stale",
    ],
    [
      "a drill of last month",
      [evidence[0] as never, filed("restore-drill", { date: "2026-12-21T11:00:00.000Z" })],
      "stale",
    ],
    [
      "a drill that brought something else back",
      [
        evidence[0] as never,
        filed("restore-drill", { result: { snapshot: "x", matches: false, seconds: 1, ageHours: 1 } }),
      ],
      "does not match the backup",
    ],
    [
      "a drill that took too long",
      [
        evidence[0] as never,
        filed("restore-drill", { result: { snapshot: "x", matches: true, seconds: 14_401, ageHours: 1 } }),
      ],
      "longer than 4 h",
    ],
    [
      "staging's backup, filed in prod",
      [filed("backup", { stack: "staging", folder: "prod" }), evidence[1] as never],
      "foreign",
    ],
  ])("fails with %s", (_, known, words) => {
    const outcome = asked(backupSystem, onHost(), factsOf("prod", { evidence: known }));
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test.each([
    ["29 days", onHost({ check: { ...keep, BACKUP_KEEP_DAILY: "29" } }), "30 daily"],
    ["11 weeks", onHost({ check: { ...keep, BACKUP_KEEP_WEEKLY: "11" } }), "12 weekly"],
    ["5 months", onHost({ check: { ...keep, BACKUP_KEEP_MONTHLY: "5" } }), "6 monthly"],
    [
      "a volume that nobody saves",
      onHost({ save: { BACKUP_DATABASES: stores.BACKUP_DATABASES } }),
      "volume of session-buddy",
    ],
    [
      "a database that nobody saves",
      onHost({ save: { ...stores, BACKUP_DATABASES: "akosha=/a" } }),
      "database of mahavishnu",
    ],
    ["no schedule", onHost({ time: "never" }), "daily"],
    ["a weekly job", inCluster({ schedule: "0 2 * * 0" }), "daily"],
    ["a suspended job", inCluster({ suspend: true }), "daily"],
    ["no check", [...services, host("save", stores), host("vault", vault)], "checks the repository"],
    ["no vault", [...services, host("save", stores), host("check", keep)], "to a vault"],
    [
      "the repository as its own vault",
      onHost({ copy: { BACKUP_VAULT: "gs:acme-backups:/elsewhere" } }),
      "same place as the repository",
    ],
    ["a vault on the host itself", onHost({ copy: { BACKUP_VAULT: "/var/backups/vault" } }), "same host"],
    [
      "a repository without versions",
      [...onHost(), bucket("acme-backups", { versioning: { enabled: false } })],
      "no object versioning",
    ],
    ["a vault that forgets", [...onHost(), kept, bucket("acme-vault", { location: "EU" })], "be deleted"],
    [
      "a vault that is not locked",
      [...onHost(), kept, bucket("acme-vault", { ...locked, retentionPolicy: { retentionPeriod: "1" } })],
      "not locked",
    ],
    [
      "a vault in the same place",
      [...onHost(), kept, bucket("acme-vault", { ...locked, location: "europe-west1" })],
      "same location as the repository",
    ],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(backupSystem, resources, facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("asks no other stack to lock its vault", () => {
    const open = [...onHost(), kept, bucket("acme-vault", { ...locked, retentionPolicy: { retentionPeriod: "1" } })];
    const staging = [filed("backup", { stack: "staging" }), filed("restore-drill", { stack: "staging" })];
    expect(reasons(asked(backupSystem, open, factsOf("staging", { evidence: staging })))).toBe("");
  });
  test("is not proven where a schedule is unknown", () => {
    const outcome = asked(backupSystem, inCluster({ schedule: UNKNOWN }), facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: spec.schedule");
  });
});
