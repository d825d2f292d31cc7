import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import * as pulumi from "@pulumi/pulumi";
import { capacity } from "../../../../ecosystem/capacity.ts";
import { backupJobs } from "../../../backups/jobs.ts";
import type { KubernetesDeployment } from "../../../deployment.ts";
import { backupJobName, component, labelsOf } from "../../../names.ts";
import { authorityMap, authorityOf, backupAccount, backupSecret, cronJob, handoverClaim, secretData } from "./pods.ts";

export type KubernetesBackupsArgs = { deployment: KubernetesDeployment; namespace: pulumi.Input<string> };

/**
 * The backups of a stack in a cluster: one CronJob per job, with read access to its own inputs only. The pods of single services
 * must include `backupSidecar`, and the network policies must allow egress from backup pods (component `backup`).
 */
export class KubernetesBackups extends pulumi.ComponentResource {
  constructor(name: string, args: KubernetesBackupsArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:backups:KubernetesBackups", name, {}, options);
    const { deployment, namespace } = args;
    const { storageClass } = deployment.settings.kubernetes;
    const child = { parent: this };
    const called = (what: string) => ({
      name: what,
      namespace,
      labels: { ...labelsOf(deployment.stack), ...component("backup") },
    });
    const needed: pulumi.Resource[] = [
      new ServiceAccount(
        `${name}-account`,
        { metadata: called(backupAccount), automountServiceAccountToken: false },
        child,
      ),
    ];
    const authority = authorityOf(deployment);
    if (authority !== undefined) {
      const data = { "authority.crt": authority };
      needed.push(new ConfigMap(`${name}-authority`, { metadata: called(authorityMap), data }, child));
    }
    for (const job of backupJobs(deployment)) {
      const own = [...needed];
      if (job.secrets.length > 0) {
        const stringData = secretData(job, deployment.secret);
        own.push(new Secret(`${name}-${job.name}-secrets`, { metadata: called(backupSecret(job)), stringData }, child));
      }
      for (const service of job.volumes) {
        // a volume is provisioned with the first pod that mounts it, so there is nothing to wait for before that
        const metadata = { ...called(handoverClaim(service)), annotations: { "pulumi.com/skipAwait": "true" } };
        const requests = { storage: `${capacity.volumeGi}Gi` };
        const spec = { accessModes: ["ReadWriteOnce"], storageClassName: storageClass, resources: { requests } };
        own.push(new PersistentVolumeClaim(`${name}-${service}-handover`, { metadata, spec }, child));
      }
      new CronJob(
        `${name}-${job.name}`,
        { metadata: called(backupJobName(job)), spec: cronJob(job, deployment) },
        { ...child, dependsOn: own },
      );
    }
    this.registerOutputs({});
  }
}
