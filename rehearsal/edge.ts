import type { RevisionRole } from "../ecosystem/revision-role.ts";
import { edgePaths } from "../edge/paths.ts";
import type { EdgeSettings } from "../edge/settings.ts";
import type { UsedService } from "../load/view.ts";
import type { Clock } from "../promotion/clock.ts";
import type { MetricsSource } from "../promotion/metrics-source.ts";
import { adminSocket } from "../promotion/platforms/envoy-files/admin.ts";
import { readEdge } from "../promotion/platforms/envoy-files/folder.ts";
import { createEdge } from "../promotion/platforms/envoy-files/inforce.ts";
import { edgeMetrics } from "../promotion/platforms/envoy-files/metrics.ts";
import { edgeTrafficController } from "../promotion/platforms/envoy-files/traffic-controller.ts";
import type { TrafficController } from "../promotion/traffic-controller.ts";
import { freePort } from "./port.ts";
import type { StagedService } from "./stage-process.ts";
import type { Workload } from "./workload.ts";

/** A running edge in front of the stage: its settings, and what moves and counts its traffic. */
export type RaisedEdge = { settings: EdgeSettings; target: TrafficController; source: MetricsSource };

/**
 * Starts a rehearsal's edge in its folder, with all traffic on stable. If the folder contains the edge of an interrupted rehearsal,
 * the new one starts with its share, but with fresh counts. `run` starts Envoy on the folder and returns when it is ready.
 */
export async function raiseEdge(
  folder: string,
  staged: readonly StagedService[],
  { clock, run }: { clock: Clock; run(folder: string): Promise<void> },
): Promise<RaisedEdge> {
  const before = await readEdge(folder).catch(() => null);
  const services = await Promise.all(staged.map(edgeService));
  // other pages of a browser on this machine reach these ports, too
  const settings: EdgeSettings = { folder, services, trustedHops: 1, hosts: ["127.0.0.1", "localhost"] };
  await createEdge(settings, before?.position.share ?? 0);
  await run(folder);
  const admin = adminSocket(edgePaths(folder).admin);
  const target = edgeTrafficController({ settings, admin, clock });
  return { settings, target, source: edgeMetrics({ settings, admin }) };
}

/** The services as users and probes reach them, through the edge. */
export async function usedServices({ services }: Workload, { settings, target }: RaisedEdge): Promise<UsedService[]> {
  const previews = { stable: await target.preview("stable"), candidate: await target.preview("candidate") };
  const headers = (role: RevisionRole, name: string) => previews[role].find(({ service }) => service === name)?.headers;
  return services.map((service) => {
    const { name, path, calls, sessions } = service;
    const { listen } = settings.services.find((edge) => edge.name === name) ?? { listen: { address: "", port: 0 } };
    const url = `http://${listen.address}:${listen.port}`;
    const preview = { stable: headers("stable", name) ?? {}, candidate: headers("candidate", name) ?? {} };
    return { name, path, calls, sessions, url, preview };
  });
}

/** A service with two equal revisions has no candidate, so there is nothing to promote. */
async function edgeService({ name, stable, candidate }: StagedService): Promise<EdgeSettings["services"][number]> {
  const revision = ({ id, address, port }: StagedService["stable"]) => ({ id, endpoints: [{ address, port }] });
  const listen = { address: "127.0.0.1", port: await freePort() };
  const service = { name, listen, stable: revision(stable) };
  return stable.id === candidate.id ? service : { ...service, candidate: revision(candidate) };
}
