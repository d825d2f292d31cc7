import type { KubeConfig } from "@kubernetes/client-node";
import { ask } from "./apiserver.ts";

/**
 * Doubles of the kinds that the Gateway API and the Prometheus operator bring to a cluster: by their real names, and
 * with any content. A cluster that has the real ones keeps them.
 */
const kinds: [group: string, version: string, kind: string, plural: string][] = [
  ["gateway.networking.k8s.io", "v1", "Gateway", "gateways"],
  ["gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"],
  ["monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"],
  ["monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"],
  ["monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"],
  ["monitoring.coreos.com", "v1", "Probe", "probes"],
  ["monitoring.coreos.com", "v1alpha1", "AlertmanagerConfig", "alertmanagerconfigs"],
];

export async function installForeignKinds(config: KubeConfig): Promise<void> {
  for (const [group, version, kind, plural] of kinds) {
    const answer = await ask(config, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {
        name: `${plural}.${group}`,
        // the names below k8s.io are kept for whoever can say that they were agreed on
        annotations: { "api-approved.kubernetes.io": "unapproved, a double for a test" },
      },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    });
    if (![201, 409].includes(answer.status)) throw new Error(`${kind}: ${JSON.stringify(answer.body)}`);
  }
  for (const [group, version, , plural] of kinds) {
    while ((await ask(config, "GET", `/apis/${group}/${version}/${plural}`)).status !== 200) await pause();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
