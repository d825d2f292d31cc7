import { type Extension, typed } from "./envoy.ts";
import type { EdgeSettings } from "./settings.ts";

const MIB = 1024 * 1024;

/** Heap limit in bytes. The container has 512 MiB, of which code and threads take about 70. */
const HEAP = 288 * MIB;

/** Concurrent client connections over all services. The services' listeners share four fifths of them equally. */
const CONNECTIONS = 10_000;

/** Streams buffering less than two to this power of bytes (64 KiB) are never reset. */
const SMALLEST_RESET = 16;

/**
 * What the edge does as its heap fills: return free memory to the system and close idle connections sooner, then reset the
 * streams that buffer most, then refuse new requests. A memory attack thus costs the attacker's requests first. The heap is
 * checked ten times a second, because a fast network can fill a quarter of it within one such interval.
 */
export const overloadManager = () => ({
  refresh_interval: "0.1s",
  buffer_factory_config: { minimum_account_to_track_power_of_two: SMALLEST_RESET },
  resource_monitors: [
    monitor("fixed_heap", "fixed_heap.v3.FixedHeapConfig", { max_heap_size_bytes: HEAP }),
    monitor("global_downstream_max_connections", "downstream_connections.v3.DownstreamConnectionsConfig", {
      max_active_downstream_connections: CONNECTIONS,
    }),
  ],
  actions: [
    {
      ...from("overload_actions.shrink_heap", { threshold: { value: 0.4 } }),
      typed_config: typed("envoy.config.overload.v3.ShrinkHeapConfig", {
        timer_interval: "1s",
        max_unfreed_memory_bytes: 16 * MIB,
      }),
    },
    {
      ...from("overload_actions.reduce_timeouts", { scaled: { scaling_threshold: 0.5, saturation_threshold: 0.8 } }),
      typed_config: typed("envoy.config.overload.v3.ScaleTimersOverloadActionConfig", {
        timer_scale_factors: [{ timer: "HTTP_DOWNSTREAM_CONNECTION_IDLE", min_timeout: "2s" }],
      }),
    },
    // HTTP/2 only; other streams of the same connection continue
    from("overload_actions.reset_high_memory_stream", {
      scaled: { scaling_threshold: 0.4, saturation_threshold: 0.8 },
    }),
    from("overload_actions.stop_accepting_requests", { threshold: { value: 0.9 } }),
  ],
  loadshed_points: [
    // the counterpart for HTTP/1, early because many send at once: a connection that keeps sending gets a 503 and is closed
    from("load_shed_points.http1_server_abort_dispatch", { threshold: { value: 0.7 } }),
    from("load_shed_points.tcp_listener_accept", { threshold: { value: 0.95 } }),
  ],
});

/** Connection limits of the services' listeners, as runtime keys, so that a flood on one service leaves room for the others. */
export const connectionLimits = ({ services }: EdgeSettings) => ({
  layers: [
    {
      name: "connection-limits",
      static_layer: Object.fromEntries(
        services.map(({ name }) => [
          `envoy.resource_limits.listener.${name}.connection_limit`,
          Math.floor((0.8 * CONNECTIONS) / services.length),
        ]),
      ),
    },
  ],
});

/** Bytes buffered per connection before flow control applies; the buffer filter raises this for single requests. */
export const BUFFER = 32 * 1024;

/** Closes connections that send nothing within ten seconds: the TLS inspector waits for the first bytes, on plain connections too. */
export const silentConnections = {
  listener_filters: [
    {
      name: "envoy.filters.listener.tls_inspector",
      typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
    },
  ],
  listener_filters_timeout: "10s",
};

/**
 * How long an idle connection stays open. It exceeds the clients' own keep-alive (90 s in Go, 600 s in Google's load
 * balancers), so that no request races with the edge closing its connection.
 */
export const idleTimeout = ({ trustedHops = 0 }: EdgeSettings) => (trustedHops > 0 ? "620s" : "100s");

/** Time limit for receiving a whole request. It does not apply to the response, which may stream indefinitely. */
export const REQUEST_TIMEOUT = "30s";

const monitor = (name: string, type: string, config: object): Extension => ({
  name: `envoy.resource_monitors.${name}`,
  typed_config: typed(`envoy.extensions.resource_monitors.${type}`, config),
});

type Trigger =
  | { threshold: { value: number } }
  | { scaled: { scaling_threshold: number; saturation_threshold: number } };

const from = (name: string, trigger: Trigger) => ({
  name: `envoy.${name}`,
  triggers: [{ name: "envoy.resource_monitors.fixed_heap", ...trigger }],
});
