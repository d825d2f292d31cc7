import { edgePaths } from "../edge/paths.ts";
import type { EdgeSettings } from "../edge/settings.ts";
import type { UsedService } from "../load/view.ts";
import type { Clock } from "../promotion/clock.ts";
import type { MetricsSource } from "../promotion/metrics-source.ts";
import { adminSocket } from "../promotion/platforms/envoy-files/admin.ts";
import { createEdge, readEdge } from "../promotion/platforms/envoy-files/folder.ts";
import { edgeMetrics } from "../promotion/platforms/envoy-files/metrics.ts";
import { edgeTrafficController } from "../promotion/platforms/envoy-files/traffic-controller.ts";
import type { TrafficController } from "../promotion/traffic-controller.ts";
import { freePort } from "./port.ts";
import type { StagedService } from "./stage-process.ts";
import { revisionId, type Workload } from "./workload.ts";

/** A running edge in front of the stage: where users call each service, and what moves and counts their traffic. */
export type RaisedEdge = { settings: EdgeSettings; target: TrafficController; source: MetricsSource };

/**
 * Raises the edge of a rehearsal in its folder: everything on stable. Where the folder holds the edge of an interrupted rehearsal, the new one
 * starts with that one's share, and with counts that begin again. `run` starts Envoy on the folder and returns when it answers.
 */
export async function raiseEdge(
  folder: string,
  staged: readonly StagedService[],
  { clock, run }: { clock: Clock; run(folder: string): Promise<void> },
): Promise<RaisedEdge> {
  const before = await readEdge(folder).catch(() => null);
  const services = await Promise.all(staged.map(edgeService));
  const settings: EdgeSettings = { folder, services };
  await createEdge(settings, before?.position.share ?? 0);
  await run(folder);
  const admin = adminSocket(edgePaths(folder).admin);
  const target = edgeTrafficController({ settings, admin, clock });
  return { settings, target, source: edgeMetrics({ settings, admin }) };
}

/** The services as users see them: behind the edge. */
export const usedServices = ({ services }: Workload, edge: EdgeSettings): UsedService[] =>
  services.map((service) => {
    const { listen } = edge.services.find(({ name }) => name === service.name) ?? { listen: { address: "", port: 0 } };
    const { name, path, calls, sessions } = service;
    const url = `http://${listen.address}:${listen.port}`;
    return { name, path, calls, sessions, url, stable: revisionId(service, "stable") };
  });

/** A service whose two revisions are the same has no candidate: nothing of it is on evidence. */
async function edgeService({ name, stable, candidate }: StagedService): Promise<EdgeSettings["services"][number]> {
  const revision = ({ id, address, port }: StagedService["stable"]) => ({ id, endpoints: [{ address, port }] });
  const listen = { address: "127.0.0.1", port: await freePort() };
  const service = { name, listen, stable: revision(stable) };
  return stable.id === candidate.id ? service : { ...service, candidate: revision(candidate) };
}
