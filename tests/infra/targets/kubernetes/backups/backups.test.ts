import { describe, expect, test } from "vitest";
import { backupJobs } from "../../../../../infra/backups/jobs.ts";
import { backupSidecar, cronJob } from "../../../../../infra/targets/kubernetes/backups/pods.ts";
import { backedOn, backupsOn } from "../../../backups/fixtures.ts";

const backed = backedOn("prod", "kubernetes");
const jobs = Object.fromEntries(backupJobs(backed).map((job) => [job.name, cronJob(job, backed)]));

// biome-ignore lint/suspicious/noExplicitAny: a spec as the API server reads it
const podOf = (name: string) => (jobs[name] as any).jobTemplate.spec.template.spec;

describe("the CronJobs", () => {
  test.each(Object.keys(jobs))(
    "%s runs in UTC, never twice at once, and fails by itself when nothing moves",
    (name) => {
      expect(jobs[name]).toMatchObject({
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 3600,
        jobTemplate: { spec: { backoffLimit: 1, activeDeadlineSeconds: 7200 } },
      });
    },
  );

  test.each(Object.keys(jobs))("%s keeps to the restricted level", (name) => {
    const pod = podOf(name);
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const { securityContext, resources } of pod.containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(resources.limits.memory).toBe("1024Mi");
    }
  });

  test("a volume's job runs on the node of the pod that mounts it, and takes the copy made there", () => {
    const pod = podOf("session-buddy");
    expect(pod.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        topologyKey: "kubernetes.io/hostname",
        labelSelector: { matchLabels: { revision: backed.stable.get("session-buddy")?.id } },
      },
    ]);
    expect(pod.volumes).toContainEqual({
      name: "handover",
      persistentVolumeClaim: { claimName: "session-buddy-backup" },
    });
    expect(pod.volumes.filter((one: object) => "persistentVolumeClaim" in one)).toHaveLength(1);
    expect(podOf("databases")).not.toHaveProperty("affinity");
  });

  test("the copier gets its key and no password", () => {
    const mounts = podOf("vault").containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(mounts).toEqual(["/scratch", "/run/secrets/backup-copier-credentials"]);
  });
});

test("a single writer has a sidecar that reads its volume, without secrets or egress", () => {
  const { container, volume } = backupSidecar("session-buddy", backed);
  expect(container).toMatchObject({
    args: ["serve"],
    securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [
      { name: "state", mountPath: "/volumes/session-buddy", readOnly: true },
      { name: "handover", mountPath: "/handover" },
    ],
  });
  expect(container.env.map(({ name }) => name)).toEqual(["BACKUP_VOLUMES", "BACKUP_HANDOVER"]);
  expect(volume.persistentVolumeClaim.claimName).toBe("session-buddy-backup");
});

test("the real program has a CronJob for each job, with its own secrets by reference and a claim for each volume", async () => {
  const resources = await backupsOn("prod", "kubernetes");
  const names = (type: string) =>
    resources
      .filter((one) => one.type === type)
      .map(({ name }) => name)
      .sort();
  const all = ["akosha", "check", "databases", "session-buddy", "vault"];
  expect(names("kubernetes:batch/v1:CronJob")).toEqual(all.map((name) => `backups-${name}`));
  expect(names("kubernetes:core/v1:Secret")).toEqual(all.map((name) => `backups-${name}-secrets`));
  expect(names("kubernetes:core/v1:PersistentVolumeClaim")).toEqual([
    ...["backups-akosha-handover", "backups-session-buddy-handover"],
  ]);
  const secrets = resources.find(({ name }) => name === "backups-databases-secrets");
  expect(secrets?.secretPaths.length).toBeGreaterThan(0);
  expect(JSON.stringify(secrets?.inputs)).not.toContain("<restic-password>");
});
