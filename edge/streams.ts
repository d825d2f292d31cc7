import { unbuffered } from "./bodies.ts";
import type { HeaderMatcher, Route } from "./envoy.ts";
import { GET, healthPath } from "./limits.ts";
import type { EdgeService } from "./settings.ts";

/**
 * The circuit breaker of event streams (GET), separate from that of calls: streams are cheap but last for hours, and those of
 * a few hundred clients would otherwise use up the budget. Envoy keeps a second budget per cluster for the priority HIGH.
 * There are more connections than requests, because a request that waits for a connection waits indefinitely.
 */
export const streamsThreshold = {
  priority: "HIGH",
  max_requests: 1000,
  max_connections: 1500,
  max_pending_requests: 1000,
  max_retries: 256,
} as const;

/**
 * Puts two routes for GETs before each forwarding route, with the same destination: health checks, which share the budget
 * of calls, and event streams, which have their own. Neither buffers a request body.
 */
export const withStreams = (service: Pick<EdgeService, "health">, routes: Route[]): Route[] =>
  routes.flatMap((route) => {
    if (!("route" in route)) return [route];
    const get = (more: HeaderMatcher[], priority?: "HIGH"): Route => ({
      ...route,
      match: { ...route.match, headers: [...(route.match.headers ?? []), GET, ...more] },
      route: { ...route.route, ...(priority && { priority }) },
      typed_per_filter_config: unbuffered,
    });
    return [get([healthPath(service)]), get([], "HIGH"), route];
  });
