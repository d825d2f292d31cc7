import { describe, expect, test } from "vitest";
import { environmentOf } from "../../../infra/backups/environment.ts";
import { backupJobs } from "../../../infra/backups/jobs.ts";
import { backupLocationsOf } from "../../../infra/backups/locations.ts";
import { backedOn } from "./fixtures.ts";

const { settings: prod } = backedOn("prod", "kubernetes");

describe("the script's environment", () => {
  test("of databases in a cluster: host, user and CA", () => {
    const backed = backedOn("prod", "kubernetes");
    const [job] = backupJobs(backed);
    const { BACKUP_MANIFEST, ...told } = environmentOf(job as NonNullable<typeof job>, backed);
    expect(told).toEqual({
      BACKUP_STACK: "mahavishnu-prod",
      RESTIC_REPOSITORY: "gs:mahavishnu-prod-backups:/kubernetes",
      GOOGLE_APPLICATION_CREDENTIALS: "/run/secrets/backup-writer-credentials",
      RESTIC_PASSWORD_FILE: "/run/secrets/restic-password",
      BACKUP_DATABASES:
        "akosha=/run/secrets/akosha-database-password mahavishnu=/run/secrets/mahavishnu-database-password",
      PGHOST: "postgres.mahavishnu.internal",
      PGPORT: "5432",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "system",
    });
    const { stack, target, settings, stable } = JSON.parse(BACKUP_MANIFEST ?? "");
    expect({ stack, target }).toEqual({ stack: "prod", target: "kubernetes" });
    expect(settings).toEqual(JSON.parse(JSON.stringify(backed.settings)));
    expect(stable.map(({ id }: { id: string }) => id)).toEqual([...backed.stable.values()].map(({ id }) => id));
  });

  test("a private CA is a file", () => {
    const { kubernetes } = prod;
    const database = {
      ...kubernetes.database,
      authority: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
    };
    const backed = backedOn("prod", "kubernetes", { kubernetes: { ...kubernetes, database } });
    const [job] = backupJobs(backed);
    expect(environmentOf(job as NonNullable<typeof job>, backed).PGSSLROOTCERT).toBe(
      "/etc/mahavishnu/database-authority.crt",
    );
  });

  test("of a check: how many to keep, by the stack's settings", () => {
    const backed = backedOn("prod", "cloud-run", { backups: { ...prod.backups, daily: 7, weekly: 4, monthly: 2 } });
    const job = backupJobs(backed).find(({ action }) => action === "check");
    expect(environmentOf(job as NonNullable<typeof job>, backed)).toEqual({
      BACKUP_STACK: "mahavishnu-prod",
      RESTIC_REPOSITORY: "gs:mahavishnu-prod-backups:/cloud-run",
      RESTIC_PASSWORD_FILE: "/run/secrets/restic-password",
      BACKUP_KEEP_DAILY: "7",
      BACKUP_KEEP_WEEKLY: "4",
      BACKUP_KEEP_MONTHLY: "2",
    });
  });

  test("of the vault: both places, and no password", () => {
    const backed = backedOn("local", "compose");
    const job = backupJobs(backed).find(({ action }) => action === "vault");
    expect(environmentOf(job as NonNullable<typeof job>, backed)).toEqual({
      BACKUP_STACK: "mahavishnu-local",
      RESTIC_REPOSITORY: "/repository",
      BACKUP_VAULT: "/vault",
      BACKUP_KEEP_MONTHLY: "6",
    });
  });

  test("Amazon's tools have a variable of their own for the key", () => {
    const kubernetes = { ...prod.kubernetes };
    kubernetes.backups = "s3:s3.eu-west-1.amazonaws.com/acme-backups";
    kubernetes.vault = "s3:s3.eu-north-1.amazonaws.com/acme-vault";
    const backed = backedOn("prod", "kubernetes", { kubernetes });
    for (const job of backupJobs(backed)) {
      const told = environmentOf(job, backed);
      expect(told.AWS_SHARED_CREDENTIALS_FILE).toBe(`/run/secrets/backup-${job.identity}-credentials`);
      expect(told).not.toHaveProperty("GOOGLE_APPLICATION_CREDENTIALS");
    }
  });
});

test("the manifest fits into a variable of Cloud Run, which takes 32 KiB", () => {
  const backed = backedOn("prod", "cloud-run");
  const both = { ...backed, candidate: backed.stable };
  const [job] = backupJobs(both);
  const manifest = environmentOf(job as NonNullable<typeof job>, both).BACKUP_MANIFEST ?? "";
  expect(Buffer.byteLength(manifest)).toBeLessThan(16 * 1024);
});

test("locations on a Docker host are host folders for paths, and buckets otherwise", () => {
  expect(backupLocationsOf(backedOn("local", "compose").settings)).toEqual({
    repository: { inside: "/repository", folder: "/var/backups/mahavishnu" },
    vault: { inside: "/vault", folder: "/var/backups/mahavishnu-vault" },
  });
  expect(backupLocationsOf(backedOn("prod", "compose").settings).repository).toEqual({
    inside: "gs:mahavishnu-prod-backups:/compose",
  });
});
