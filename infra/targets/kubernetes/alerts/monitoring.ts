import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import * as pulumi from "@pulumi/pulumi";
import { receiverSecrets } from "../../../alerts/notification-routes.ts";
import type { KubernetesDeployment } from "../../../deployment.ts";
import { labelsOf } from "../../../names.ts";
import { alertmanagerRoutes, podMonitors, prometheusRule, RECEIVERS } from "./prometheus-operator.ts";

/**
 * A stack's resources for the cluster's Prometheus operator, from its first release on: scrape targets, alert rules and
 * receivers. The operator's Prometheus and Alertmanager must select the stack's namespace.
 */
export class ClusterAlerting extends pulumi.ComponentResource {
  constructor(
    name: string,
    { deployment, namespace }: { deployment: KubernetesDeployment; namespace: pulumi.Input<string> },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:observability:ClusterAlerting", name, {}, options);
    const { stack, settings, secret } = deployment;
    const { alerts } = settings;
    const own = { parent: this };
    const metadata = (name: string) => ({ name, namespace, labels: labelsOf(stack) });
    const object = (kind: string, version: string, name: string, suffix: string, spec: object) =>
      new CustomResource(
        suffix,
        { apiVersion: `monitoring.coreos.com/${version}`, kind, metadata: metadata(name), spec },
        own,
      );

    new Secret(
      `${name}-receivers`,
      {
        metadata: metadata(RECEIVERS),
        stringData: Object.fromEntries(receiverSecrets(alerts).map((key) => [key, secret(key)])),
      },
      own,
    );
    object("AlertmanagerConfig", "v1alpha1", "alerts", `${name}-routes`, alertmanagerRoutes(alerts));
    object("PrometheusRule", "v1", "alerts", `${name}-rules`, prometheusRule(deployment));
    for (const [monitor, spec] of Object.entries(podMonitors(deployment))) {
      object("PodMonitor", "v1", monitor, `${name}-monitor-${monitor}`, spec);
    }
    this.registerOutputs();
  }
}
