import { clusters } from "../../../edge/clusters.ts";
import type { Cluster, RouteConfiguration } from "../../../edge/envoy.ts";
import { listeners, listenerVersion } from "../../../edge/listeners.ts";
import { FILES } from "../../../edge/paths.ts";
import { routes, sameRoutes, shareIn, splitOf } from "../../../edge/routes.ts";
import { type Edge, type EdgeService, servedRevisions } from "../../../edge/settings.ts";
import type { Admin } from "./admin.ts";
import { leavingClusters, removeLeftFiles, writeClusters, writeFiles } from "./folder.ts";
import { clustersInForce, instance, listenersInForce, routesInForce } from "./readback.ts";

/** One step of a change: what to write, and how to read back from Envoy that it is in force. */
export type EdgeStep = {
  what: string;
  write: () => Promise<void>;
  /** The result of `read` once the step is in force. */
  wanted: unknown;
  read: (admin: Admin) => Promise<unknown>;
  /** Envoy's counters of rejected files. */
  counters: string[];
};

/**
 * The order in which an edge's files change, so that every call is answered: instances are ready before routes lead to them,
 * routes exist before listeners use them, and a cluster is removed only after its last route. `listening` are the services
 * whose listener is active: Envoy loads routes for no others.
 */
export async function stepsTo(edge: Edge, listening: readonly string[]): Promise<EdgeStep[]> {
  const { settings, position } = edge;
  const { services } = settings;
  const wantedClusters = clusters(settings, position);
  const leaving = await leavingClusters(edge);
  return [
    {
      what: "the endpoints",
      write: async () => {
        await writeFiles(edge, endpointFiles(edge));
        await writeClusters(edge, leaving);
      },
      wanted: wantedClusters.map((cluster) => [cluster.name, instancesOf(edge, cluster)]),
      read: async (admin) => {
        const now = await clustersInForce(admin);
        return wantedClusters.map(({ name }) => [name, now.get(name)?.instances ?? []]);
      },
      counters: [
        "cluster_manager.cds.update_rejected",
        ...wantedClusters.map(({ name }) => `cluster.${name}.update_rejected`),
      ],
    },
    {
      what: "the routes",
      // including those of new services: a new listener finds its routes
      write: () =>
        writeFiles(
          edge,
          services.map(({ name }) => FILES.routes(name)),
        ),
      ...routesAsWanted(
        edge,
        services.filter(({ name }) => listening.includes(name)),
      ),
    },
    {
      what: "the listeners",
      write: () => writeFiles(edge, [...(settings.tls ? [FILES.certificates] : []), FILES.listeners]),
      wanted: sorted(listeners(settings).map((listener) => [listener.name, listenerVersion(listener)])),
      read: async (admin) => sorted([...(await listenersInForce(admin))]),
      counters: ["listener_manager.lds.update_rejected"],
    },
    { what: "the routes", write: async () => {}, ...routesAsWanted(edge, services) },
    {
      what: "the clusters",
      write: async () => {
        await writeClusters(edge, []);
        await removeLeftFiles(edge);
      },
      wanted: wantedClusters.map(({ name }) => name).sort(),
      read: async (admin) => [...(await clustersInForce(admin)).keys()].sort(),
      counters: ["cluster_manager.cds.update_rejected"],
    },
  ];
}

const endpointFiles = ({ settings, position }: Edge): string[] =>
  settings.services.flatMap((service) =>
    servedRevisions(service, position).map(({ revision }) => FILES.endpoints(revision.id)),
  );

function routesAsWanted({ position }: Edge, services: EdgeService[]): Pick<EdgeStep, "wanted" | "read" | "counters"> {
  const wantedShare = (service: EdgeService) => `${service.candidate ? position.share : 0} %`;
  return {
    wanted: services.map((service) => [service.name, wantedShare(service)]),
    read: async (admin) => {
      const now = await routesInForce(admin);
      return services.map((service) => {
        const configuration = now.get(service.name);
        if (!configuration) return [service.name, "no routes"];
        if (sameRoutes(configuration, routes(service, position))) return [service.name, wantedShare(service)];
        return [service.name, otherRoutes(service, configuration, wantedShare(service))];
      });
    },
    counters: services.map(({ name }) => `http.${name}.rds.${name}.update_rejected`),
  };
}

/** A share in words; the routes of earlier revisions have no share for this candidate. */
function otherRoutes(service: EdgeService, configuration: RouteConfiguration, wanted: string): string {
  try {
    const share = `${shareIn(service, splitOf(configuration))} %`;
    return share === wanted ? `${share}, but other routes` : share;
  } catch (error) {
    return (error as Error).message;
  }
}

function instancesOf({ settings, position }: Edge, { eds_cluster_config: { service_name: id } }: Cluster): string[] {
  return settings.services
    .flatMap((service) => servedRevisions(service, position))
    .filter(({ revision }) => revision.id === id)
    .flatMap(({ revision }) => revision.endpoints)
    .map(({ address, port }) => instance(address, port, position.draining.includes(id)))
    .sort();
}

const sorted = (entries: [string, string | undefined][]) => entries.sort(([a], [b]) => a.localeCompare(b));
