import type { batch, core } from "@pulumi/kubernetes/types/input.js";
import type { Secret } from "../../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import { authorityFile, environmentOf, layout, scratchFolder } from "../../../backups/environment.ts";
import type { Backed, BackupJob } from "../../../backups/jobs.ts";
import { backupJobName, component, labelsOf } from "../../../names.ts";
import { resources, restrictedContainer, restrictedPod, scratch } from "../pods.ts";

/** The handover of a volume's copy: a second claim, mounted by both the service's pod and the job's pod. */
const HANDOVER = "/handover";
export const handoverClaim = (service: ServiceName): string => `${service}-backup`;

/** The service account of all backup pods, and the objects with each identity's inputs. */
export const backupAccount = "backup";
export const backupSecret = (job: BackupJob): string => backupJobName(job);
export const authorityMap = "backup-authority";

/**
 * The backup sidecar of a single service's pod. A second pod cannot mount its volume, so the copy is made here: a container
 * without network, secrets or a schedule waits for the job's request, copies the volume into the handover claim and reports
 * back. The job's pod runs on the same node.
 */
export function backupSidecar(service: ServiceName, { settings }: Pick<Backed<"kubernetes">, "settings">) {
  const container = {
    ...restrictedContainer,
    name: "backup",
    image: settings.backups.image,
    args: ["serve"],
    env: [
      { name: "BACKUP_VOLUMES", value: `${service}=${layout.volume(service)}` },
      { name: "BACKUP_HANDOVER", value: HANDOVER },
    ],
    resources: resources({ cpu: 0.1, memoryMi: 64 }),
    volumeMounts: [
      { name: "state", mountPath: layout.volume(service), readOnly: true },
      { name: "handover", mountPath: HANDOVER },
    ],
  };
  const volume = { name: "handover", persistentVolumeClaim: { claimName: handoverClaim(service) } };
  return { container, volume } satisfies { container: core.v1.Container; volume: core.v1.Volume };
}

/** One of a stack's jobs as the spec of a CronJob. */
export function cronJob(job: BackupJob, backed: Backed<"kubernetes">): batch.v1.CronJobSpec {
  const labels = { ...labelsOf(backed.stack), ...component("backup") };
  return {
    schedule: job.schedule,
    timeZone: "Etc/UTC",
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 3600,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 3,
    jobTemplate: {
      metadata: { labels },
      spec: {
        backoffLimit: 1,
        activeDeadlineSeconds: 7200,
        template: { metadata: { labels }, spec: podOf(job, backed) },
      },
    },
  };
}

function podOf(job: BackupJob, backed: Backed<"kubernetes">) {
  const [volume] = job.volumes;
  const authority = job.databases.length > 0 && authorityOf(backed);
  const environment = {
    ...environmentOf(job, backed),
    ...(volume && { BACKUP_HANDOVER: HANDOVER }),
  };
  return {
    ...restrictedPod,
    serviceAccountName: backupAccount,
    restartPolicy: "Never",
    ...(volume && besideWriter(backed.stable.get(volume)?.id)),
    containers: [
      {
        ...restrictedContainer,
        name: "backup",
        image: backed.settings.backups.image,
        args: [job.action],
        env: Object.entries(environment).map(([name, value]) => ({ name, value })),
        resources: resources({ cpu: 0.5, memoryMi: 1024 }),
        volumeMounts: [
          { name: "scratch", mountPath: scratchFolder },
          ...job.secrets.map((name) => ({
            name: "secrets",
            mountPath: layout.secret(name),
            subPath: name,
            readOnly: true,
          })),
          ...(volume ? [{ name: "handover", mountPath: HANDOVER }] : []),
          ...(authority
            ? [{ name: "authority", mountPath: authorityFile, subPath: "authority.crt", readOnly: true }]
            : []),
        ],
      },
    ],
    volumes: [
      scratch("scratch", "20Gi"),
      ...(job.secrets.length > 0
        ? [{ name: "secrets", secret: { secretName: backupSecret(job), defaultMode: 0o440 } }]
        : []),
      ...(volume ? [{ name: "handover", persistentVolumeClaim: { claimName: handoverClaim(volume) } }] : []),
      ...(authority ? [{ name: "authority", configMap: { name: authorityMap } }] : []),
    ],
  } satisfies core.v1.PodSpec;
}

/** On the node of the one pod with the volume: there a second pod can also mount the handover claim. */
const besideWriter = (revision: string | undefined) => ({
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { revision: revision ?? "" } } },
      ],
    },
  },
});

/** The CA of the database's certificate, if it is not a public one. */
export const authorityOf = ({ settings }: Pick<Backed<"kubernetes">, "settings">): string | undefined =>
  settings.kubernetes.database.authority;

/** The values that a job reads, by file name. */
export const secretData = <T>(job: BackupJob, secret: (name: Secret) => T): Record<string, T> =>
  Object.fromEntries(job.secrets.map((name) => [name, secret(name)]));
