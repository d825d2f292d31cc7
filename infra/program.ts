import type { Target } from "../ecosystem/targets.ts";
import { type Deployment, type Outputs, revisionIds } from "./deployment.ts";
import { deployCloudRun } from "./targets/cloud-run/deploy.ts";
import { deployCompose } from "./targets/compose/deploy.ts";
import { deployKubernetes } from "./targets/kubernetes/deploy.ts";
import type { TrafficGuard } from "./traffic-guard.ts";

const deployments = {
  "cloud-run": deployCloudRun,
  compose: deployCompose,
  kubernetes: deployKubernetes,
} as const satisfies Record<Target, (deployment: Deployment) => Outputs>;

/** The whole program: asks the guard whether traffic may rest where it will be declared, then brings one target into being. */
export async function program(target: Target, deployment: Deployment, guard: TrafficGuard): Promise<Outputs> {
  const { stack, settings } = deployment;
  await guard.admit({ stack, target, settings, services: revisionIds(deployment) });
  return deployments[target](deployment);
}
