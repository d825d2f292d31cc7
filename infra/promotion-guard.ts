import { hostname, userInfo } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../promotion/clock.ts";
import { admitDeployment } from "../promotion/guard/guard.ts";
import { trafficStateAt } from "../promotion/platforms/traffic-state.ts";
import { processesName } from "../promotion/processes.ts";
import { openBarrier, type TrafficGuard } from "./traffic-guard.ts";
import { trafficPlace } from "./traffic-place.ts";

/**
 * The traffic guard based on the promotion's lease and journals in `folder`; only the entry file uses it. A preview only
 * checks; an update holds the lease until its process exits, and checks again before it declares traffic.
 */
export const promotionGuard = (folder: string, preview: boolean): TrafficGuard => ({
  admit: async (declared) => {
    const confirm = await admitDeployment(
      {
        stack: declared.stack,
        folder,
        holder: {
          owner: `pulumi up by ${userInfo().username}`,
          host: hostname(),
          pid: process.pid,
          processes: processesName(),
        },
        clock: systemClock,
        readTrafficState: trafficStateAt(trafficPlace(declared)),
        onLost: stopAtOnce,
      },
      declared.services,
      preview,
    );
    if (preview) return openBarrier; // a preview changes nothing
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
  throw new pulumi.RunError(`the update was aborted before shifting traffic; earlier changes remain: ${error.message}`);
}

function stopAtOnce(error: Error): void {
  process.stderr.write(`the update was stopped because it lost the traffic lease: ${error.message}\n`);
  process.exit(1);
}
