import { openSession } from "../load/session.ts";
import type { Preview, TrafficController } from "../promotion/traffic-controller.ts";
import { runSmoke } from "../smoke/smoke.ts";
import type { RehearsedService, Workload } from "./workload.ts";

/** How long a revision may take to open a session, in milliseconds. */
const TIMEOUT_MS = 10_000;

type PreflightResult = { passed: boolean; reason: string };

/**
 * Tries every candidate at 0 % through the edge, before any user reaches it: the smoke tests, and whether it keeps sessions as stable
 * does. Stops at the first failing service.
 */
export async function preflight(target: TrafficController, { services }: Workload): Promise<PreflightResult> {
  let [passed, tried] = [0, 0];
  const stable = await target.preview("stable");
  for (const candidate of await target.preview("candidate")) {
    const { service, url, headers } = candidate;
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
    const before = stable.find((one) => one.service === service);
    const mismatch = wanted && before && (await sessionMismatch(wanted, before, candidate));
    if (mismatch) return { passed: false, reason: mismatch };
  }
  return { passed: true, reason: `${passed} of ${tried} tests passed` };
}

/**
 * Why clients cannot be divided between the two revisions, or null: those of a server without sessions have none to show to one that
 * demands them. Where stable opens no session at all, there is nothing to keep.
 */
async function sessionMismatch(service: RehearsedService, stable: Preview, candidate: Preview): Promise<string | null> {
  const [before, after] = await Promise.all([keepsSessions(service, stable), keepsSessions(service, candidate)]);
  if (before === null || after === null || before === after) return null;
  const { name } = service;
  const keeps = (role: "stable" | "candidate", does: boolean) =>
    `${name} ${service[role].version} (${role}) ${does ? "keeps" : "does not keep"} sessions`;
  return `refused at 0 %: ${keeps("stable", before)}, ${keeps("candidate", after)}: clients of one are turned away by the other, so they cannot take over in steps. Release a version first that accepts both, or switch in one step with a maintenance window`;
}

/** Whether the revision gives its clients a session id; null if none could connect. */
async function keepsSessions({ path, sessions }: RehearsedService, { url, headers }: Preview): Promise<boolean | null> {
  const endpoint = url.replace(/\/$/, "") + path;
  const session = await openSession({ url: endpoint, sessions, headers, timeoutMs: TIMEOUT_MS }).catch(() => null);
  await session?.close();
  return session && session.id !== undefined;
}
