import { bootstrap } from "./bootstrap.ts";
import { clusters, endpoints } from "./clusters.ts";
import { declaredSplits } from "./declared-split.ts";
import type { Discovery } from "./envoy.ts";
import { listeners } from "./listeners.ts";
import { FILES } from "./paths.ts";
import { routes } from "./routes.ts";
import { sampleBudget } from "./samples.ts";
import { type Edge, type EdgeSettings, type Position, servedRevisions } from "./settings.ts";
import { certificates } from "./tls.ts";

/**
 * Everything in the folder of an edge, by its name relative to the folder: what Envoy watches,
 * what it starts with, what the edge is meant to be, and the split that was declared.
 */
export function edgeFiles(settings: EdgeSettings, position: Position): Record<string, object> {
  const { services, tls } = settings;
  const served = services.flatMap((service) => servedRevisions(service, position));
  return Object.fromEntries<object>([
    ...served.map(({ revision }) => [FILES.endpoints(revision.id), watched([endpoints(revision, position)])] as const),
    [FILES.clusters, watched(clusters(settings, position))],
    ...services.map((service) => [FILES.routes(service.name), watched([routes(service, position)])] as const),
    ...(tls ? [[FILES.certificates, watched(certificates(tls))] as const] : []),
    [FILES.sampleBudget, watched([sampleBudget()])],
    [FILES.listeners, watched(listeners(settings))],
    [FILES.bootstrap, bootstrap(settings)],
    [FILES.settings, { settings, position } satisfies Edge],
    [FILES.declared, declaredSplits(services)],
  ]);
}

const watched = (resources: object[]): Discovery<object> => ({ resources });
