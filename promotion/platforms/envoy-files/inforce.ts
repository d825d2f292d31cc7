import { isDeepStrictEqual } from "node:util";
import { clusters } from "../../../edge/clusters.ts";
import { edgePaths } from "../../../edge/paths.ts";
import { routes, sameRoutes, shareOf } from "../../../edge/routes.ts";
import { type Edge, type EdgeService, servedRevisions } from "../../../edge/settings.ts";
import type { Clock } from "../../clock.ts";
import type { Admin } from "./admin.ts";
import { writeClusters, writeEdge, writeEndpoints, writeRoutes } from "./folder.ts";
import { clustersInForce, instance, rejections, routesInForce } from "./readback.ts";

/** How long Envoy may take to do as its files say, in milliseconds; 20 are usual and 151 were the most ever seen. */
const LIMIT_MS = 5000;
const POLL_MS = 5;

/**
 * Puts a position in force and returns when Envoy has been seen to follow it. The order keeps every call answered:
 * instances are ready before the routes lead to them, and a cluster goes only when no route leads there any more.
 * Everything is written each time, so it is safe to repeat after a crash at any line: what an earlier run wrote last
 * and Envoy has not read yet can never come after what is written here.
 * Throws when a step is not in force after 5 s, with what was wanted, what is in force and what Envoy rejected.
 */
export async function bringInForce(edge: Edge, admin: Admin, clock: Clock): Promise<void> {
  const { settings, position } = edge;
  const served = settings.services.flatMap((service) => servedRevisions(service, position));
  const wantedShare = (service: EdgeService) => `${service.candidate ? position.share : 0} %`;
  const before = await rejections(admin).catch(() => new Map<string, number>());
  await writeEdge(edge);
  await inForce({
    what: "the endpoints",
    counters: clusters(settings, position).map(({ name }) => `cluster.${name}.update_rejected`),
    write: () => writeEndpoints(edge),
    wanted: served.map(({ revision }) => [revision.id, instances(edge, revision.id)]),
    read: async () => {
      const now = await clustersInForce(admin);
      return served.map(({ revision }) => [revision.id, now.get(revision.id)?.instances ?? []]);
    },
  });
  await inForce({
    what: "the routes",
    counters: settings.services.map(({ name }) => `http.${name}.rds.${name}.update_rejected`),
    write: () => writeRoutes(edge),
    wanted: settings.services.map((service) => [service.name, wantedShare(service)]),
    read: async () => {
      const now = await routesInForce(admin);
      return settings.services.map((service) => {
        const configuration = now.get(service.name);
        if (!configuration) return [service.name, "no routes"];
        if (sameRoutes(configuration, routes(service, position))) return [service.name, wantedShare(service)];
        const share = `${shareOf(service, configuration)} %`;
        return [service.name, share === wantedShare(service) ? `${share}, but other routes` : share];
      });
    },
  });
  await inForce({
    what: "the clusters",
    counters: ["cluster_manager.cds.update_rejected"],
    write: () => writeClusters(edge),
    wanted: clusters(settings, position)
      .map(({ name }) => name)
      .sort(),
    read: async () => [...(await clustersInForce(admin)).keys()].sort(),
  });

  async function inForce({ what, counters, write, wanted, read }: EdgeStep) {
    await write();
    const limit = clock.now() + LIMIT_MS;
    for (;;) {
      const now = await read().catch((error: Error) => error.message);
      if (isDeepStrictEqual(now, wanted)) return;
      const after = await rejections(admin).catch(() => before);
      const rejected = counters.filter((counter) => (after.get(counter) ?? 0) > (before.get(counter) ?? 0));
      if (rejected.length > 0 || clock.now() >= limit) {
        throw new Error(
          [
            `the edge in ${settings.folder} did not take over ${what}: wanted ${show(wanted)}, in force ${show(now)}.`,
            rejected.length > 0
              ? `Envoy rejected the file (${rejected.join(", ")}) and goes on with the old one; ${edgePaths(settings.folder).log} says why.`
              : `Envoy rejected nothing in ${LIMIT_MS / 1000} s; is it running and watching ${edgePaths(settings.folder).xds}?`,
          ].join(" "),
        );
      }
      await clock.sleep(POLL_MS);
    }
  }
}

/** One step: a file, and how to see in Envoy what it says. */
type EdgeStep = {
  what: string;
  counters: string[];
  write: () => Promise<void>;
  wanted: unknown;
  read: () => Promise<unknown>;
};

function instances({ settings, position }: Edge, revisionId: string) {
  return settings.services
    .flatMap((service) => servedRevisions(service, position))
    .filter(({ revision }) => revision.id === revisionId)
    .flatMap(({ revision }) => revision.endpoints)
    .map(({ address, port }) => instance(address, port, position.draining.includes(revisionId)))
    .sort();
}

const show = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
