import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { capacity } from "../../../ecosystem/capacity.ts";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { KubernetesSettings } from "../../config/schema.ts";
import type { KubernetesDeployment, Pair } from "../../deployment.ts";
import { claimOf, labelsOf, secretOf } from "../../names.ts";
import { servicePolicy } from "./network.ts";
import { ClusterRevision } from "./revision.ts";
import { secretData } from "./secrets.ts";

type ClusterServiceArgs = {
  deployment: KubernetesDeployment;
  cluster: KubernetesSettings;
  namespace: pulumi.Input<string>;
  service: ServiceName;
  pair: Pair;
};

/** A service in a cluster: what all its revisions share (identity, secrets, volume, network policies), and the revisions. */
export class ClusterService extends pulumi.ComponentResource {
  readonly revisions: ClusterRevision[];

  constructor(name: string, args: ClusterServiceArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:kubernetes:Service", name, {}, options);
    const { deployment, cluster, namespace, service, pair } = args;
    const { stack, settings } = deployment;
    const own = { parent: this };
    const called = (name: string) => ({ name, namespace, labels: { ...labelsOf(stack), service } });

    const account = { metadata: called(service), automountServiceAccountToken: false };
    const secret = { metadata: called(secretOf(service)), stringData: secretData(pair, deployment) };
    const needed: pulumi.Resource[] = [
      new ServiceAccount(`${name}-account`, account, own),
      new Secret(`${name}-secrets`, secret, own),
      new NetworkPolicy(`${name}-network`, { metadata: called(service), spec: servicePolicy(pair, settings) }, own),
    ];
    if ([pair.stable, pair.candidate].some((revision) => revision?.sessions === "single")) {
      needed.push(
        new PersistentVolumeClaim(
          `${name}-data`,
          {
            // a volume is provisioned with the first pod that mounts it, so there is nothing to wait for before that
            metadata: { ...called(claimOf(service)), annotations: { "pulumi.com/skipAwait": "true" } },
            spec: {
              accessModes: ["ReadWriteOncePod"],
              storageClassName: cluster.storageClass,
              resources: { requests: { storage: `${capacity.volumeGi}Gi` } },
            },
          },
          { ...own, protect: true },
        ),
      );
    }
    this.revisions = (["stable", "candidate"] as const).flatMap((role: RevisionRole) => {
      const revision = pair[role];
      if (!revision) return [];
      return new ClusterRevision(
        revision.id,
        { stack, namespace, settings, revision, role },
        { parent: this, dependsOn: needed },
      );
    });
    this.registerOutputs({});
  }
}
