import { describe, expect, test } from "vitest";
import type { GraphResource } from "../../../../../infra/graph/resource.ts";
import { grantsOf, repositoryBucket, vaultBucketOf } from "../../../../../infra/targets/cloud-run/backups/buckets.ts";
import { backedOn, backupsOn } from "../../../backups/fixtures.ts";

type Inputs = GraphResource["inputs"];
const ofType = (resources: GraphResource[], type: string): Record<string, Inputs> =>
  Object.fromEntries(resources.filter((one) => one.type === type).map(({ name, inputs }) => [name, inputs]));

describe("the buckets", () => {
  test("the repository's has versioning and no retention policy, since restic deletes its locks", () => {
    const bucket = repositoryBucket(backedOn("prod", "cloud-run"));
    expect(bucket).toMatchObject({
      name: "mahavishnu-prod-backups",
      location: "europe-west1",
      versioning: { enabled: true },
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      lifecycleRules: [{ condition: { withState: "ARCHIVED", daysSinceNoncurrentTime: 30 } }],
    });
    expect(bucket).not.toHaveProperty("retentionPolicy");
  });

  test("the vault is in another location, retains objects as long as monthly backups are kept, and is locked if configured", () => {
    const vault = vaultBucketOf(backedOn("prod", "cloud-run"));
    expect(vault).toMatchObject({
      name: "mahavishnu-prod-vault",
      location: "EU",
      versioning: { enabled: false },
      retentionPolicy: { retentionPeriod: String(6 * 31 * 86_400), isLocked: true },
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
    });
    expect(vaultBucketOf(backedOn("staging", "cloud-run")).retentionPolicy.isLocked).toBe(false);
    // what a month's copy holds is never deleted before the whole month is past its time
    expect(vault.lifecycleRules[0]?.condition.age).toBe(6 * 31 + 31);
  });
});

test("only the pruner deletes: the writer only its locks, the copier nothing, and no identity anything in the vault", () => {
  const grants = grantsOf(backedOn("prod", "cloud-run").settings);
  const deleting = grants.filter(({ role }) => !/objectCreator|objectViewer/.test(role));
  expect(deleting).toEqual([
    { identity: "writer", bucket: "repository", role: "roles/storage.objectUser", below: "cloud-run/locks/" },
    { identity: "pruner", bucket: "repository", role: "roles/storage.objectUser" },
  ]);
});

describe("the backups of prod on Google Cloud", async () => {
  const resources = await backupsOn("prod", "cloud-run");

  test("each job is its own identity's, started each day at its time by one that can do nothing else", () => {
    const accounts = ofType(resources, "gcp:serviceaccount/account:Account");
    expect(Object.values(accounts).map(({ accountId }) => accountId)).toEqual(
      expect.arrayContaining(["backup-writer", "backup-pruner", "backup-copier", "backup-scheduler"]),
    );
    const schedules = ofType(resources, "gcp:cloudscheduler/job:Job");
    expect(
      Object.values(schedules)
        .map(({ name, schedule, timeZone }) => [name, schedule, timeZone])
        .sort(),
    ).toEqual([
      ["backup-check", "0 3 * * *", "Etc/UTC"],
      ["backup-databases", "0 2 * * *", "Etc/UTC"],
      ["backup-vault", "0 4 * * *", "Etc/UTC"],
    ]);
    for (const { httpTarget, name } of Object.values(schedules)) {
      expect(httpTarget).toMatchObject({
        uri: `https://run.googleapis.com/v2/projects/mahavishnu-prod/locations/europe-west1/jobs/${name}:run`,
      });
    }
    const starters = ofType(resources, "gcp:cloudrunv2/jobIamMember:JobIamMember");
    expect(Object.values(starters).map(({ role }) => role)).toEqual(Array(3).fill("roles/run.invoker"));
  });

  test("a job gets its secrets as files, and its variables hold places alone", () => {
    const { "backups-databases": databases, "backups-vault": vault } = ofType(resources, "gcp:cloudrunv2/job:Job");
    const template = (job: Inputs = {}) =>
      (job as { template: { template: { containers: Inputs[]; volumes: Inputs[]; vpcAccess?: Inputs } } }).template
        .template;
    const { containers, volumes, vpcAccess } = template(databases);
    const environment = Object.fromEntries(
      ((containers[0]?.envs ?? []) as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
    );
    expect(environment).toMatchObject({
      PGHOST: "postgres.mahavishnu.internal",
      RESTIC_PASSWORD_FILE: "/run/secrets/restic-password/value",
      BACKUP_DATABASES:
        "akosha=/run/secrets/akosha-database-password/value mahavishnu=/run/secrets/mahavishnu-database-password/value",
    });
    expect(containers[0]?.args).toEqual(["save"]);
    expect(volumes.map(({ name }) => name)).toEqual([
      ...["scratch", "restic-password", "akosha-database-password", "mahavishnu-database-password"],
    ]);
    expect(vpcAccess).toMatchObject({ egress: "PRIVATE_RANGES_ONLY" });
    expect(template(vault).volumes.map(({ name }) => name)).toEqual(["scratch"]);
    expect(template(vault).vpcAccess).toBe(undefined);
    expect(resources.flatMap(({ secretPaths }) => secretPaths)).toEqual([]);
  });

  test("the machine is also a writer, with the same condition on locks", () => {
    const members = ofType(resources, "gcp:storage/bucketIAMMember:BucketIAMMember");
    for (const who of ["writer", "machine"]) {
      expect(members[`backups-${who}-repository-locks`]?.condition).toMatchObject({
        expression: 'resource.name.startsWith("projects/_/buckets/mahavishnu-prod-backups/objects/cloud-run/locks/")',
      });
    }
    expect(Object.keys(members).filter((name) => name.includes("-vault-"))).toEqual(
      expect.arrayContaining(["backups-copier-vault-creator", "backups-copier-vault-viewer"]),
    );
    expect(Object.keys(members).filter((name) => name.includes("-vault-"))).toHaveLength(2);
  });

  test("the vault is protected, and the three series are read from the log by store", () => {
    expect(resources.filter(({ protect }) => protect).map(({ name }) => name)).toEqual(["backups-vault"]);
    const metrics = ofType(resources, "gcp:logging/metric:Metric");
    expect(
      Object.values(metrics)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      "mahavishnu_backup_last_success_timestamp_seconds",
      "mahavishnu_backup_size_bytes",
      "mahavishnu_backup_success",
    ]);
    // as the script says them, on Cloud Run and through the machine's log driver
    const line =
      "backup of akosha-database: mahavishnu_backup_success=1 mahavishnu_backup_last_success_timestamp_seconds=17 mahavishnu_backup_size_bytes=42";
    for (const message of [line, JSON.stringify({ severity: "INFO", component: "backup", message: line })]) {
      for (const { valueExtractor, labelExtractors, filter } of Object.values(metrics)) {
        expect(message).toMatch(new RegExp(/=~"(.*)"$/.exec(String(filter))?.[1] ?? "never"));
        expect(message).toMatch(new RegExp(/, "(.*)"\)$/.exec(String(valueExtractor))?.[1] ?? "never"));
        const store = /, "(.*)"\)$/.exec((labelExtractors as { store: string }).store)?.[1] ?? "never";
        expect(new RegExp(store).exec(message)?.[1]).toBe("akosha-database");
      }
    }
  });
});

test("before the first release the buckets exist, and nothing is backed up", async () => {
  const names = (await backupsOn("prod", "cloud-run", false)).map(({ type, name }) => `${type} ${name}`);
  expect(names).toEqual(
    expect.arrayContaining(["gcp:storage/bucket:Bucket backups-repository", "gcp:storage/bucket:Bucket backups-vault"]),
  );
  // nor does a job run an image that only the registry of this very deployment could hold
  expect(names.filter((name) => name.includes("/job:Job"))).toEqual([]);
});
