import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../promotion/clock.ts";
import { admitDeployment } from "../promotion/guard/guard.ts";
import { cloudRunStanding } from "../promotion/guard/platforms/cloud-run.ts";
import { composeStanding } from "../promotion/guard/platforms/compose.ts";
import { kubernetesStanding } from "../promotion/guard/platforms/kubernetes.ts";
import type { ReadStanding } from "../promotion/guard/standing.ts";
import { settingsOf } from "./config/settings.ts";
import type { Outputs } from "./deployment.ts";
import {
  declaredAnnotation,
  edgeConfigMap,
  edgeContainer,
  edgeFolder,
  namespaceOf,
  restingAnnotation,
} from "./names.ts";
import { program } from "./program.ts";
import { runtimeStack } from "./runtime.ts";
import { checkPublished, checkSecrets, deploymentOf, namedReleases } from "./stack.ts";
import { MOVED_FROM } from "./targets/kubernetes/watcher/choice.ts";
import type { Declared, TrafficGuard } from "./traffic-guard.ts";

/** What `pulumi preview` and `pulumi up` run. Whatever speaks against it is one line, before anything is registered. */
export default async function main(): Promise<Outputs> {
  const preview = pulumi.runtime.isDryRun();
  try {
    const { root, name, file, settings, secretsSet, secret } = runtimeStack();
    const { target } = settings;
    const releases = namedReleases(root, name, settings);
    if (!preview) checkPublished(releases, settings, { stack: name, file });
    checkSecrets(secretsSet, settings, target, name);
    const deployment = deploymentOf({ stack: name, file, target, settings, releases, secret });
    return await program(target, deployment, guardOf(join(root, ".maha", name), preview));
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error; // a fault of ours, not of what somebody wrote
    throw new pulumi.RunError((error as Error).message);
  }
}

/** A preview only asks; an update holds the lease for as long as its process lives, and asks again before it declares traffic. */
const guardOf = (folder: string, preview: boolean): TrafficGuard => ({
  admit: async (declared) => {
    const confirm = await admitDeployment(
      {
        stack: declared.stack,
        folder,
        holder: { owner: `pulumi up by ${userInfo().username}`, host: hostname(), pid: process.pid },
        clock: systemClock,
        readStanding: standingOf(declared),
        onLost: stopAtOnce,
      },
      declared.services,
      preview,
    );
    if (preview) return {}; // it changes nothing
    const hook = new pulumi.ResourceHook("before-traffic", () => confirm().catch(leaveTraffic));
    return { beforeCreate: [hook], beforeUpdate: [hook] };
  },
});

function leaveTraffic(error: Error): never {
  throw new Error(`traffic stays as it is, and what this update has changed before stays changed: ${error.message}`);
}

/** Who can say where the traffic of a stack stands: its platform. */
function standingOf({ stack, target, settings, services }: Declared): ReadStanding {
  const from = "the stack's settings";
  switch (target) {
    case "cloud-run": {
      const { project, region } = settingsOf(settings, target, from);
      const stable = Object.fromEntries(Object.entries(services).map(([service, { stable }]) => [service, stable]));
      return cloudRunStanding({ project, region, stable, declared: declaredAnnotation });
    }
    case "compose": {
      const { host } = settingsOf(settings, target, from);
      return composeStanding({ host, container: edgeContainer(stack), folder: edgeFolder });
    }
    case "kubernetes": {
      const { context } = settingsOf(settings, target, from);
      return kubernetesStanding({
        context,
        namespace: namespaceOf(stack),
        configMap: edgeConfigMap,
        declared: declaredAnnotation,
        resting: restingAnnotation,
        movedFrom: MOVED_FROM,
      });
    }
  }
}

function stopAtOnce(error: Error): void {
  process.stderr.write(`the update was stopped, because traffic is no longer its own: ${error.message}\n`);
  process.exit(1);
}
