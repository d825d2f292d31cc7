import { check } from "../check.ts";
import { at, numberAt } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { budgeted } from "../view/disruption.ts";
import type { View } from "../view/view.ts";

/** 8 - Circuit breakers: a failing instance is ejected, and does not take the others down. */
export const circuitBreakers = check(8, "circuit-breakers", {
  why: "one slow instance that everything waits for becomes an outage of everything",
  remedy:
    "eject failing instances, limit connections, retry failed connection attempts with a back-off, set idle timeouts, and probe every service",
  judge: (view) => [...bounds(view), ...probes(view), ...disruptions(view)],
});

function bounds(view: View): Finding[] {
  if (view.target === "cloud-run") {
    // the platform itself replaces instances that fail their probe
    return view
      .of(SERVICE)
      .flatMap((service) => [
        demand(
          (numberAt(service.props, "template.maxInstanceRequestConcurrency") ?? 0) > 0,
          service,
          "the number of concurrent requests per instance is not limited",
        ),
        demand(at(service.props, "template.timeout") !== undefined, service, "it has no request timeout"),
      ]);
  }
  const { clusters, routes } = view;
  return [
    demand(clusters.length > 0 && routes.length > 0, "stack", "there is no edge in front of the services"),
    ...clusters.flatMap((cluster) => [
      demand(cluster.bounded, cluster, "an edge cluster does not limit connections"),
      // only one instance knows a session, so ejecting it would end its sessions
      demand(cluster.forSessions || cluster.ejects, cluster, "an edge cluster does not eject failing instances"),
    ]),
    ...routes.flatMap((route) => [
      demand(route.idleTimeout, route, "an edge route has no idle timeout"),
      demand(
        route.forSessions || (route.retries && route.backsOff),
        route,
        "an edge route does not retry failed connection attempts with a back-off",
      ),
    ]),
  ];
}

const probes = ({ services }: View): Finding[] =>
  services.map((container) =>
    demand(container.probes.starts && container.probes.lives, container, "it has no startup or no liveness probe"),
  );

const disruptions = (view: View): Finding[] =>
  view
    .of("kubernetes:apps/v1:Deployment")
    .map((deployment) =>
      demand(budgeted(deployment, view), deployment, "no usable PodDisruptionBudget covers its pods"),
    );
