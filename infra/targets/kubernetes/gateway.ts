import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesSettings } from "../../config/schema.ts";
import { gatewayPort, labelsOf } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { EDGE } from "./edge-pod.ts";
import { hostOf } from "./edge-settings.ts";

const API = "gateway.networking.k8s.io/v1";
const GATEWAY = "gateway";

type GatewayArgs = {
  stack: string;
  cluster: KubernetesSettings;
  namespace: pulumi.Input<string>;
  /** The stable of each service. */
  services: readonly Revision[];
};

/** The way in from outside: TLS for one name of each service, and all of it to the edge, which alone splits traffic. */
export class ClusterGateway extends pulumi.ComponentResource {
  constructor(
    name: string,
    { stack, cluster, namespace, services }: GatewayArgs,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:kubernetes:Gateway", name, {}, options);
    const called = (name: string, ready: string) => ({
      name,
      namespace,
      labels: labelsOf(stack),
      // Pulumi does not wait for custom kinds without being told
      annotations: { "pulumi.com/waitFor": ready },
    });
    const gateway = new CustomResource(
      name,
      {
        apiVersion: API,
        kind: "Gateway",
        metadata: called(GATEWAY, "condition=Programmed"),
        spec: gatewaySpec(cluster),
      },
      { parent: this },
    );
    for (const stable of services) {
      const { service } = stable;
      new CustomResource(
        `${name}-${service}`,
        {
          apiVersion: API,
          kind: "HTTPRoute",
          metadata: called(service, 'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True'),
          spec: routeSpec(stable, cluster),
        },
        { parent: this, dependsOn: [gateway] },
      );
    }
    this.registerOutputs({});
  }
}

export const gatewaySpec = ({ gatewayClass, domain, certificateSecret }: KubernetesSettings) => ({
  gatewayClassName: gatewayClass,
  listeners: [
    {
      name: "https",
      protocol: "HTTPS",
      port: 443,
      hostname: `*.${domain}`,
      tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: certificateSecret }] },
      allowedRoutes: { namespaces: { from: "Same" } },
    },
  ],
});

/** Only the paths that users and smoke tests call; metrics stay internal. Answers may stream without a time limit. */
export function routeSpec({ service, path, health, port }: Revision, cluster: KubernetesSettings) {
  return {
    parentRefs: [{ name: GATEWAY }],
    hostnames: [hostOf(service, cluster)],
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: path } }, { path: { type: "Exact", value: health } }],
        timeouts: { request: "0s" },
        backendRefs: [{ name: EDGE, port: gatewayPort(port) }],
      },
    ],
  };
}
