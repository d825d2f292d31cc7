import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { SettingsOn } from "../../config/schema.ts";
import type { Pair } from "../../deployment.ts";
import { component, declaredAnnotation, edgeConfigMap, labelsOf, restingAnnotation } from "../../names.ts";
import type { TrafficBarrier } from "../../traffic-guard.ts";
import { EDGE, edgePod, PROGRAMS, RESTING } from "./edge-pod.ts";
import { EDGE_REPLICAS, edgeSettings, fingerprint, restingFiles } from "./edge-settings.ts";
import { edgePolicy } from "./network.ts";
import { drainable } from "./pods.ts";
import { edgePrograms } from "./programs.ts";
import { MOVED_FROM } from "./watcher/choice.ts";

type ClusterEdgeArgs = {
  stack: string;
  settings: SettingsOn<"kubernetes">;
  namespace: pulumi.Input<string>;
  pairs: ReadonlyMap<ServiceName, Pair>;
  barrier: TrafficBarrier;
};

/** The edge of a stack in a cluster: two Envoys that split the traffic alike, and what tells them how. */
export class ClusterEdge extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterEdgeArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:kubernetes:Edge", name, {}, options);
    const { stack, settings, namespace, pairs, barrier } = args;
    const own = { parent: this };
    const called = (name: string) => ({ name, namespace, labels: { ...labelsOf(stack), ...component("edge") } });
    const ports = [...pairs].map(([name, { stable }]) => ({ name, port: stable.port }));
    const files = restingFiles(
      edgeSettings(stack, pairs, {
        edge: settings.edge,
        cluster: settings.kubernetes,
      }),
    );
    const programs = edgePrograms();

    const account = new ServiceAccount(
      `${name}-account`,
      { metadata: called(EDGE), automountServiceAccountToken: false },
      own,
    );
    const role = new Role(
      `${name}-watcher`,
      { metadata: called("edge-watcher"), rules: [mayFollow(edgeConfigMap, RESTING)] },
      own,
    );
    const binding = new RoleBinding(
      `${name}-watcher`,
      {
        metadata: called("edge-watcher"),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "edge-watcher" },
        subjects: [{ kind: "ServiceAccount", name: EDGE, namespace }],
      },
      { ...own, dependsOn: [role, account] },
    );
    const resting = new ConfigMap(
      `${name}-resting`,
      { metadata: called(RESTING), data: { ...files, [MOVED_FROM]: fingerprint(files) } },
      own,
    );
    // without data: that is the promoter's, and stays as it is whatever is declared here; what it names is what counts
    const traffic = new ConfigMap(
      `${name}-traffic`,
      { metadata: { ...called(edgeConfigMap), annotations: standing(pairs, files) } },
      { ...own, dependsOn: [resting], hooks: barrier.hooks },
    );
    const sources = new ConfigMap(`${name}-programs`, { metadata: called(PROGRAMS), data: programs }, own);
    const policy = new NetworkPolicy(
      `${name}-network`,
      { metadata: called(EDGE), spec: edgePolicy(pairs, settings) },
      own,
    );
    const deployment = new Deployment(
      name,
      {
        metadata: called(EDGE),
        spec: {
          replicas: EDGE_REPLICAS,
          revisionHistoryLimit: 1,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: component("edge") },
          template: edgePod({ stack, image: settings.edge.image, ports, restarts: restarts(files, programs) }),
        },
      },
      { ...own, dependsOn: [account, binding, resting, traffic, sources, policy] },
    );
    new PodDisruptionBudget(name, { metadata: called(EDGE), spec: drainable(component("edge")) }, own);
    new Service(
      name,
      {
        metadata: called(EDGE),
        spec: {
          selector: component("edge"),
          ports: ports.map(({ name, port }) => ({ name, port, targetPort: name })),
        },
      },
      { ...own, dependsOn: [deployment] },
    );
    this.registerOutputs({});
  }
}

/**
 * ConfigMaps by their names, to read and to follow; a list that is narrowed down to a name counts as that name. They hold
 * nothing that the pod does not have anyway: what is mounted is only late, and an update removes what it no longer
 * declares sooner than that.
 */
const mayFollow = (...configMaps: string[]) => ({
  apiGroups: [""],
  resources: ["configmaps"],
  resourceNames: configMaps,
  verbs: ["get", "list", "watch"],
});

/** What the next deployment, the promoter and the watcher must know: where traffic rests, and by which files. */
const standing = (pairs: ReadonlyMap<ServiceName, Pair>, files: Record<string, string>) => ({
  [declaredAnnotation]: JSON.stringify(
    Object.fromEntries([...pairs].map(([name, { stable }]) => [name, { [stable.id]: 100 }])),
  ),
  [restingAnnotation]: fingerprint(files),
});

/** What is read only at the start of a pod: the programs, and what Envoy starts with. */
const restarts = (files: Record<string, string>, programs: Record<string, string>) => ({
  "mahavishnu.dev/programs": fingerprint(programs),
  "mahavishnu.dev/bootstrap": fingerprint({ bootstrap: files["bootstrap.json"] ?? "" }),
});
