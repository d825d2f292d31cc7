import { hostname, userInfo } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../promotion/clock.ts";
import { admitDeployment } from "../promotion/guard/guard.ts";
import { cloudRunTrafficState } from "../promotion/platforms/cloud-run/traffic-state.ts";
import { composeTrafficState } from "../promotion/platforms/envoy-files/docker.ts";
import { kubernetesTrafficState } from "../promotion/platforms/kubernetes/traffic-state.ts";
import type { ReadTrafficState } from "../promotion/traffic-state.ts";
import {
  declaredAnnotation,
  edgeConfigMap,
  edgeContainer,
  edgeFolder,
  namespaceOf,
  restingAnnotation,
} from "./names.ts";
import { MOVED_FROM } from "./targets/kubernetes/watcher/choice.ts";
import { type Declared, openBarrier, type TrafficGuard } from "./traffic-guard.ts";

/**
 * The guard that promotions are kept with, wired in by the entry file alone. `folder` is where the stack's lease and journals
 * lie. A preview only asks; an update holds the lease for as long as its process lives, and asks again before it declares
 * traffic.
 */
export const promotionGuard = (folder: string, preview: boolean): TrafficGuard => ({
  admit: async (declared) => {
    const confirm = await admitDeployment(
      {
        stack: declared.stack,
        folder,
        holder: { owner: `pulumi up by ${userInfo().username}`, host: hostname(), pid: process.pid },
        clock: systemClock,
        readTrafficState: trafficStateOf(declared),
        onLost: stopAtOnce,
      },
      declared.services,
      preview,
    );
    if (preview) return openBarrier; // it changes nothing
    const ask = () => confirm().catch(leaveTraffic);
    const hook = new pulumi.ResourceHook("before-traffic", ask);
    return {
      hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
      pass: (dependsOn, inputs) =>
        pulumi.all([pulumi.all(dependsOn), inputs]).apply(([there]) => ask().then(() => there)),
    };
  },
});

function leaveTraffic(error: Error): never {
  throw new pulumi.RunError(`this update moves no more traffic, and leaves what it has changed: ${error.message}`);
}

/** Who can say where the traffic of a stack stands: its platform. */
function trafficStateOf({ stack, settings, services }: Declared): ReadTrafficState {
  switch (settings.target) {
    case "cloud-run": {
      const { project, region } = settings.cloudRun;
      const stable = Object.fromEntries(Object.entries(services).map(([service, { stable }]) => [service, stable]));
      return cloudRunTrafficState({ project, region, stable, declared: declaredAnnotation });
    }
    case "compose": {
      const { host } = settings.compose;
      return composeTrafficState({ host, container: edgeContainer(stack), folder: edgeFolder });
    }
    case "kubernetes": {
      const { context } = settings.kubernetes;
      return kubernetesTrafficState({
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
