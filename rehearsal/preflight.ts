import type { TrafficController } from "../promotion/traffic-controller.ts";
import { runSmoke } from "../smoke/smoke.ts";
import type { Workload } from "./workload.ts";

/** Smoke-tests every candidate at 0 % through the edge, before any user reaches it. Stops at the first failing service. */
export async function preflight(
  target: TrafficController,
  { services }: Workload,
): Promise<{ passed: boolean; reason: string }> {
  let [passed, tried] = [0, 0];
  for (const { service, url, headers } of await target.preview("candidate")) {
    const wanted = services.find(({ name }) => name === service);
    const report = await runSmoke({
      url,
      headers,
      path: wanted?.path ?? "/mcp",
      expectTools: wanted?.expectTools ?? [],
      calls: wanted?.calls.slice(0, 2) ?? [],
      ...(wanted?.health ? { health: wanted.health } : {}),
    });
    passed += report.passed;
    tried += report.tests.length;
    const failed = report.tests.find(({ verdict }) => verdict === "fail");
    if (failed) {
      return {
        passed: false,
        reason: `smoke at 0 %: ${service}, test ${failed.id} (${failed.name}): ${failed.detail}`,
      };
    }
  }
  return { passed: true, reason: `${passed} of ${tried} tests passed` };
}
