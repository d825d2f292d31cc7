import { type Cluster, type ClusterLoadAssignment, typed } from "./envoy.ts";
import { BUFFER } from "./overload.ts";
import { FILES, watchedFile } from "./paths.ts";
import { type EdgeRevision, type EdgeSettings, type Position, servedRevisions } from "./settings.ts";
import { streamsThreshold } from "./streams.ts";

/** The cluster metadata that names its revision; present even for requests that never reached an instance. */
export const REVISION_METADATA = { namespace: "edge", key: "revision" } as const;

/** The cluster that new sessions of a revision choose an instance from. */
export const newSessionsCluster = ({ id }: EdgeRevision) => id;

/**
 * The cluster for calls of sessions that a revision has already given out. It is a separate cluster because a session
 * must stay with its instance even when that instance fails, and belongs to one revision alone so that no failure of
 * the candidate can ever spill over to stable.
 */
export const sessionsCluster = ({ id }: EdgeRevision) => `${id}-sessions`;

/** The clusters of every revision that is still served: two each. */
export function clusters(settings: EdgeSettings, position: Position): Cluster[] {
  return settings.services
    .flatMap((service) => servedRevisions(service, position))
    .flatMap(({ revision }) => [
      { ...cluster(settings, revision, newSessionsCluster(revision)), outlier_detection: outlierDetection },
      cluster(settings, revision, sessionsCluster(revision)),
    ]);
}

/** The endpoints of a revision. A draining one takes no new sessions and keeps serving those it has. */
export function endpoints(revision: EdgeRevision, { draining }: Position): ClusterLoadAssignment {
  return typed("envoy.config.endpoint.v3.ClusterLoadAssignment", {
    cluster_name: revision.id,
    endpoints: [
      {
        lb_endpoints: revision.endpoints.map(({ address, port }) => ({
          endpoint: { address: { socket_address: { address, port_value: port } } },
          health_status: draining.includes(revision.id) ? ("DRAINING" as const) : ("HEALTHY" as const),
        })),
      },
    ],
  });
}

/**
 * Five failures in a row rest an instance for ten seconds, but never more than half of them: with a single instance a
 * burst of five failures would otherwise become ten seconds of outage, and the edge itself the larger fault.
 */
const outlierDetection = {
  consecutive_5xx: 5,
  consecutive_gateway_failure: 5,
  interval: "1s",
  base_ejection_time: "10s",
  max_ejection_percent: 50,
  enforcing_success_rate: 0,
};

/**
 * Node and uvicorn close an idle connection after five seconds; the edge must let go first, or it sends a request into
 * a connection that is just being closed and the failure looks like the revision's.
 */
const UPSTREAM_IDLE = "2s";

const cluster = (settings: EdgeSettings, revision: EdgeRevision, name: string): Cluster =>
  typed("envoy.config.cluster.v3.Cluster", {
    name,
    type: "EDS" as const,
    metadata: { filter_metadata: { [REVISION_METADATA.namespace]: { [REVISION_METADATA.key]: revision.id } } },
    connect_timeout: "1s",
    per_connection_buffer_limit_bytes: BUFFER,
    lb_policy: "ROUND_ROBIN" as const,
    eds_cluster_config: {
      eds_config: watchedFile(settings, FILES.endpoints(revision.id)),
      service_name: revision.id,
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        {
          common_http_protocol_options: { idle_timeout: UPSTREAM_IDLE },
          explicit_http_config: { http_protocol_options: {} },
        },
      ),
    },
    circuit_breakers: {
      // Only a connection that did not come about is tried again, which burdens no instance: Envoy's own three at a time
      // would fail most calls that come while one of two instances is gone.
      thresholds: [
        { max_connections: 1024, max_pending_requests: 256, max_requests: 1024, max_retries: 256 },
        streamsThreshold,
      ],
    },
    common_lb_config: {
      // A session continues on a draining instance; without the last status it would be sent to another one.
      override_host_status: { statuses: ["UNKNOWN", "HEALTHY", "DEGRADED", "DRAINING"] },
      // No healthy instance means no answer. Envoy would otherwise fall back to the draining ones for new sessions.
      healthy_panic_threshold: { value: 0 },
      // Merged updates of hosts would start the count of consecutive failures again.
      update_merge_window: "0s",
    },
  });
