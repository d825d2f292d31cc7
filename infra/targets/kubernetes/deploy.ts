import { REVISION_HEADER, TOKEN_HEADER } from "../../../edge/routes.ts";
import { type KubernetesDeployment, type Outputs, pairsOf, revisionIds } from "../../deployment.ts";
import { edgeFolder, named, namespaceOf } from "../../names.ts";
import { ClusterAlerting } from "./alerts/monitoring.ts";
import { KubernetesBackups } from "./backups/backups.ts";
import { ClusterEdge } from "./edge.ts";
import { EDGE } from "./edge-pod.ts";
import { hostOf } from "./edge-settings.ts";
import { ClusterGateway } from "./gateway.ts";
import { StackNamespace } from "./namespace.ts";
import { ClusterService } from "./service.ts";

/** Deploys a stack to a cluster: a namespace, the services with their revisions, the edge in front of them, and the ingress. */
export function deployKubernetes(deployment: KubernetesDeployment): Outputs {
  const { stack, settings, barrier } = deployment;
  const cluster = settings.kubernetes;
  const pairs = pairsOf(deployment);
  const name = named(stack);

  const ground = new StackNamespace(name, { stack, settings });
  const { namespace } = ground;
  const inside = { parent: ground, providers: { kubernetes: ground.provider } };

  const services = [...pairs].map(
    ([service, pair]) => new ClusterService(service, { deployment, cluster, namespace, service, pair }, inside),
  );
  if (pairs.size > 0) {
    const addresses = services.flatMap(({ revisions }) => revisions.map(({ service }) => service));
    const edge = new ClusterEdge(
      "edge",
      { stack, settings, namespace, pairs, previewToken: deployment.secret("preview-token"), barrier },
      { ...inside, dependsOn: addresses },
    );
    const way = { stack, cluster, namespace, services: [...pairs.values()].map(({ stable }) => stable) };
    new ClusterGateway("gateway", way, { ...inside, dependsOn: [edge] });
    new KubernetesBackups("backups", { deployment, namespace }, inside);
    new ClusterAlerting("alerting", { deployment, namespace }, inside);
  }
  return outputsOf(deployment);
}

/** The addresses for users, smoke tests and the promotion. */
function outputsOf(deployment: KubernetesDeployment): Outputs {
  const cluster = deployment.settings.kubernetes;
  const pairs = pairsOf(deployment);
  const urls = Object.fromEntries(
    [...pairs].map(([name, { stable }]) => [name, `https://${hostOf(name, cluster)}${stable.path}`]),
  );
  const tried = [...pairs].filter(([, { candidate }]) => candidate);
  const headers = () => ({ [REVISION_HEADER]: "candidate", [TOKEN_HEADER]: deployment.secret("preview-token") });
  return {
    target: "kubernetes",
    urls,
    candidateUrls: Object.fromEntries(tried.map(([name]) => [name, { url: urls[name] as string, headers: headers() }])),
    revisions: revisionIds(deployment),
    edgeAdmin:
      pairs.size === 0 ? null : `kubernetes://${namespaceOf(deployment.stack)}/${EDGE}${edgeFolder}/admin.sock`,
  };
}
