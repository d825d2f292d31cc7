import { rule } from "../check.ts";
import { demand } from "../verdict.ts";

export const healthProbes = rule("health-probes", {
  why: "a container that hangs looks healthy until something probes it",
  remedy: "give each service and the edge a startup and a liveness probe",
  judge: ({ containers }) =>
    containers
      .filter(({ service, name }) => service !== undefined || /(^|-)edge$/.test(name))
      .map((container) =>
        demand(container.probes.starts && container.probes.lives, container, "it has no startup or no liveness probe"),
      ),
});
