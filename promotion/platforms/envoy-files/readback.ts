import type { Listener, RouteConfiguration } from "../../../edge/envoy.ts";
import { listenerVersion } from "../../../edge/listeners.ts";
import type { Admin } from "./admin.ts";

/** One cluster as Envoy reports it: its instances with their state, and the number of active requests. */
export type ClusterInForce = { instances: string[]; openRequests: number };

/** The route configurations in force, by service. */
export async function routesInForce(admin: Admin): Promise<Map<string, RouteConfiguration>> {
  const dump: { configs?: { route_config?: RouteConfiguration }[] } = JSON.parse(
    await admin.get("/config_dump?resource=dynamic_route_configs"),
  );
  return new Map(
    (dump.configs ?? []).flatMap(({ route_config }) => (route_config ? [[route_config.name, route_config]] : [])),
  );
}

/** The clusters in force that came from the edge's files, by name; without those still waiting for their endpoints. */
export async function clustersInForce(admin: Admin): Promise<Map<string, ClusterInForce>> {
  const { cluster_statuses = [] }: { cluster_statuses?: ClusterStatus[] } = JSON.parse(
    await admin.get("/clusters?format=json"),
  );
  return new Map(
    cluster_statuses
      .filter(({ added_via_api }) => added_via_api)
      .map(({ name, host_statuses: hosts = [] }) => [
        name,
        {
          instances: hosts
            .map(({ address: { socket_address: at }, health_status }) =>
              instance(at.address, at.port_value, health_status.eds_health_status === "DRAINING"),
            )
            .sort(),
          openRequests: hosts.reduce(
            (sum, { stats = [] }) => sum + Number(stats.find(({ name }) => name === "rq_active")?.value ?? 0),
            0,
          ),
        },
      ]),
  );
}

/** The notation for an instance in `ClusterInForce`. */
export const instance = (address: string, port: number, draining: boolean) =>
  `${address}:${port}${draining ? " draining" : ""}`;

/** The services whose listener is active, with the version of its configuration in force. */
export async function listenersInForce(admin: Admin): Promise<Map<string, string | undefined>> {
  const { configs = [] }: { configs?: { name: string; active_state?: { listener: Pick<Listener, "metadata"> } }[] } =
    JSON.parse(await admin.get("/config_dump?resource=dynamic_listeners"));
  return new Map(
    configs.flatMap(({ name, active_state }) => (active_state ? [[name, listenerVersion(active_state.listener)]] : [])),
  );
}

/** How often Envoy has rejected each kind of file, by counter name; after a rejection the old file stays in force. */
export async function rejections(admin: Admin): Promise<Map<string, number>> {
  const { stats }: { stats: { name: string; value: number }[] } = JSON.parse(
    await admin.get("/stats?format=json&filter=%5C.update_rejected%24"),
  );
  return new Map(stats.map(({ name, value }) => [name, value]));
}

/** When this Envoy process started, to the millisecond: it identifies the run. */
export async function startOfLife(admin: Admin, signal?: AbortSignal): Promise<string> {
  const { configs = [] }: { configs?: { last_updated?: string }[] } = JSON.parse(
    await admin.get("/config_dump?mask=last_updated", signal),
  );
  const started = configs.find(({ last_updated }) => last_updated)?.last_updated;
  if (started === undefined) throw new Error("Envoy does not report its start time");
  return started;
}

type ClusterStatus = {
  name: string;
  added_via_api?: boolean;
  host_statuses?: {
    address: { socket_address: { address: string; port_value: number } };
    health_status: { eds_health_status?: string };
    stats?: { name: string; value?: string }[];
  }[];
};
