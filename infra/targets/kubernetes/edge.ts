import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { bootstrap } from "../../../edge/bootstrap.ts";
import { DECLARED_ANNOTATION, declaredSplits, encodeDeclared } from "../../../edge/declared-split.ts";
import type { EdgeSettings } from "../../../edge/settings.ts";
import { fingerprint, TRAFFIC_CONFIG_MAP } from "../../../edge/traffic-config-map.ts";
import type { SettingsOn } from "../../config/schema.ts";
import type { Pair } from "../../deployment.ts";
import { component, edgeConfigMap, gatewayPort, labelsOf } from "../../names.ts";
import type { TrafficBarrier } from "../../traffic-guard.ts";
import { EDGE, EDGE_SECRETS, edgePod, RESTING } from "./edge-pod.ts";
import { EDGE_REPLICAS, edgeSettings, restingEdge } from "./edge-settings.ts";
import { edgePolicy } from "./network.ts";
import { drainable } from "./pods.ts";

type ClusterEdgeArgs = {
  stack: string;
  settings: SettingsOn<"kubernetes">;
  namespace: pulumi.Input<string>;
  pairs: ReadonlyMap<ServiceName, Pair>;
  previewToken: pulumi.Output<string>;
  barrier: TrafficBarrier;
};

/** The edge of a stack in a cluster: two Envoys that split the traffic alike, and the ConfigMaps that their agents follow. */
export class ClusterEdge extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterEdgeArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:kubernetes:Edge", name, {}, options);
    const { stack, settings, namespace, pairs, previewToken, barrier } = args;
    const own = { parent: this };
    const called = (name: string) => ({ name, namespace, labels: { ...labelsOf(stack), ...component("edge") } });
    const ports = [...pairs].flatMap(([name, { stable }]) => [
      { name, port: stable.port },
      { name: `gateway-${stable.port}`, port: gatewayPort(stable.port) },
    ]);
    const edge = edgeSettings(stack, pairs, { edge: settings.edge, cluster: settings.kubernetes });
    const atRest = restingEdge(edge);

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
      {
        metadata: called(RESTING),
        data: { [TRAFFIC_CONFIG_MAP.edge]: atRest, [TRAFFIC_CONFIG_MAP.resting]: fingerprint(atRest) },
      },
      own,
    );
    // without data: that is the promoter's, and stays as it is whatever is declared here; what it names is what counts
    const traffic = new ConfigMap(
      `${name}-traffic`,
      { metadata: { ...called(edgeConfigMap), annotations: standing(edge, atRest) } },
      { ...own, dependsOn: [resting], hooks: barrier.hooks },
    );
    const secrets = new Secret(
      `${name}-secrets`,
      { metadata: called(EDGE_SECRETS), stringData: { "preview-token": previewToken } },
      own,
    );
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
          template: edgePod({
            stack,
            images: { envoy: settings.edge.image, watcher: settings.promoter.image },
            ports,
            restarts: { "mahavishnu.dev/bootstrap": fingerprint(JSON.stringify(bootstrap(edge))) },
          }),
        },
      },
      { ...own, dependsOn: [account, binding, resting, traffic, secrets, policy] },
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

/** What the next deployment, the promoter and the watcher must know: where traffic rests, and on which edge. */
const standing = ({ services }: EdgeSettings, atRest: string) => ({
  [DECLARED_ANNOTATION]: encodeDeclared(declaredSplits(services)),
  [TRAFFIC_CONFIG_MAP.restingAnnotation]: fingerprint(atRest),
});
