import type { Target } from "../ecosystem/targets.ts";
import type { SettingsOn } from "./config/schema.ts";
import { type Deployment, type Outputs, revisionIds } from "./deployment.ts";
import type { TrafficGuard } from "./traffic-guard.ts";

/** A target's packages are large, so only the deployed target's are loaded. */
const deployers: { [T in Target]: () => Promise<(deployment: Deployment<T>) => Outputs> } = {
  "cloud-run": async () => (await import("./targets/cloud-run/deploy.ts")).deployCloudRun,
  compose: async () => (await import("./targets/compose/deploy.ts")).deployCompose,
  kubernetes: async () => (await import("./targets/kubernetes/deploy.ts")).deployKubernetes,
};

/** The whole program: asks the guard whether the resting position may be declared, then deploys to one target. */
export async function program<T extends Target>(deployment: Deployment<T>, guard: TrafficGuard): Promise<Outputs> {
  const { stack, settings } = deployment;
  const target = settings.target as T;
  const [deploy, barrier] = await Promise.all([
    deployers[target](),
    guard.admit({ stack, settings: settings as SettingsOn, services: revisionIds(deployment) }),
  ]);
  return deploy({ ...deployment, barrier });
}
