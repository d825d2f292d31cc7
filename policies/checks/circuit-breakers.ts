import { check } from "../check.ts";
import { at, numberAt } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { budgeted } from "../view/disruption.ts";
import type { View } from "../view/view.ts";

/** 8 - Circuit breakers: a part that fails is taken out, and does not take the others with it. */
export const circuitBreakers = check(8, "circuit-breakers", {
  why: "one slow instance that everything waits for becomes an outage of all",
  remedy: "eject failing instances, bound connections, retry what never began, end silent streams, probe every service",
  judge: (view) => [...bounds(view), ...probes(view), ...disruptions(view)],
});

function bounds(view: View): Finding[] {
  if (view.target === "cloud-run") {
    // the platform restarts what fails its probe; what is left to say is how much one instance takes
    return view
      .of(SERVICE)
      .flatMap((service) => [
        demand(
          (numberAt(service.props, "template.maxInstanceRequestConcurrency") ?? 0) > 0,
          service,
          "nothing bounds the requests that one instance takes at once",
        ),
        demand(at(service.props, "template.timeout") !== undefined, service, "no time-out ends a silent stream"),
      ]);
  }
  const { clusters, routes } = view;
  return [
    demand(clusters.length > 0 && routes.length > 0, "stack", "no edge stands before the services"),
    ...clusters.flatMap((cluster) => [
      demand(cluster.bounded, cluster, "a cluster of the edge takes any number of connections"),
      // an ejected instance would send its sessions to another one, which does not know them
      demand(cluster.forSessions || cluster.ejects, cluster, "a cluster of the edge does not eject failing instances"),
    ]),
    ...routes.flatMap((route) => [
      demand(route.idleTimeout, route, "a route of the edge waits for ever on a silent stream"),
      demand(
        route.forSessions || (route.retries && route.backsOff),
        route,
        "a route of the edge does not try again, with a pause, what never reached an instance",
      ),
    ]),
  ];
}

const probes = ({ services }: View): Finding[] =>
  services.map((container) =>
    demand(
      container.probes.starts && container.probes.lives,
      container,
      "nobody asks whether it has started and still lives",
    ),
  );

const disruptions = (view: View): Finding[] =>
  view
    .of("kubernetes:apps/v1:Deployment")
    .map((deployment) => demand(budgeted(deployment, view), deployment, "no disruption budget is kept for its pods"));
