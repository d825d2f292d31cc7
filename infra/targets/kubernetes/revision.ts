import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/horizontalPodAutoscaler.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import type { autoscaling } from "@pulumi/kubernetes/types/input.js";
import * as pulumi from "@pulumi/pulumi";
import { capacity } from "../../../ecosystem/capacity.ts";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { SettingsOn } from "../../config/schema.ts";
import { labelsOf } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { drainable } from "./pods.ts";
import { chosenBy, filesData, filesOf, hasClaim, revisionPod } from "./revision-pod.ts";

type RevisionArgs = {
  stack: string;
  namespace: pulumi.Input<string>;
  settings: SettingsOn<"kubernetes">;
  revision: Revision;
  role: RevisionRole;
};

/** One revision of a service in a cluster: its pods, behind one address for the life of the revision. */
export class ClusterRevision extends pulumi.ComponentResource {
  readonly service: Service;

  constructor(name: string, args: RevisionArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:kubernetes:Revision", name, {}, options);
    const { stack, namespace, settings, revision, role } = args;
    const own = { parent: this };
    const metadata = { name, namespace, labels: labelsOf(stack, revision) };
    const data = filesData(revision, settings.kubernetes.database);
    const files =
      Object.keys(data).length > 0
        ? [new ConfigMap(`${name}-files`, { metadata: { ...metadata, name: filesOf(revision) }, data }, own)]
        : [];
    const deployment = new Deployment(
      name,
      {
        metadata: { ...metadata, annotations: awaited(revision, role) },
        spec: {
          ...replicas(revision),
          revisionHistoryLimit: 1,
          selector: { matchLabels: chosenBy(revision) },
          template: revisionPod(revision, { stack, settings, role }),
        },
      },
      { ...own, dependsOn: files },
    );
    this.service = new Service(
      name,
      {
        // its address exists at once; only the Deployment knows when it is ready
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          selector: chosenBy(revision),
          ports: [{ name: "http", port: revision.port, targetPort: "http" }],
        },
      },
      own,
    );
    new PodDisruptionBudget(name, { metadata, spec: drainable(chosenBy(revision)) }, own);
    if (revision.sessions === "stateless") {
      new HorizontalPodAutoscaler(name, { metadata, spec: scaling(revision) }, { ...own, dependsOn: [deployment] });
    }
    this.registerOutputs({});
  }
}

/** Pods with sessions or the one volume: exactly one, never two at once; the autoscaler sets the number of others. */
export const replicas = ({ sessions }: Revision) =>
  sessions === "stateless"
    ? { strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }
    : { replicas: 1, strategy: { type: "Recreate" } };

/**
 * A single writer that replaces another gets the volume only once the other is gone, and an update deletes resources at its
 * end: waiting for readiness would deadlock.
 */
const awaited = (revision: Revision, role: RevisionRole): Record<string, string> =>
  hasClaim(revision, role) ? { "pulumi.com/skipAwait": "true" } : {};

/** Scales out immediately above the guide's bound, and in only after ten quiet minutes. */
export const scaling = ({ id, instances }: Pick<Revision, "id" | "instances">) =>
  ({
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: id },
    minReplicas: Math.max(1, instances.min),
    maxReplicas: instances.max,
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: capacity.scaleOutAtCpuPercent } },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
  }) satisfies autoscaling.v2.HorizontalPodAutoscalerSpec;
