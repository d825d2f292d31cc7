import { type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import { rule } from "../check.ts";
import { listAt, numberAt, textAt } from "../props.ts";
import { demand, type Finding, fail } from "../verdict.ts";
import type { ContainerView } from "../view/container.ts";
import type { View } from "../view/view.ts";

export const oneWriter = rule("one-writer", {
  why: "two writers on one volume corrupt its data",
  remedy:
    "run one instance of a service that keeps its data on a volume, and let only one pod or container at a time write to it",
  judge: (view) =>
    view.services.filter(keepsData).flatMap((container) => [...alone(container, view), ...claimed(container, view)]),
});

const keepsData = ({ service }: ContainerView): boolean => serviceNamed(service as ServiceName).state.data === "volume";

const dataOf = ({ service, mounts }: ContainerView) =>
  mounts.filter(({ folder, writable }) => writable && folder === serviceNamed(service as ServiceName).state.path);

function alone(container: ContainerView, view: View): Finding[] {
  const data = dataOf(container);
  if (container.resource.type.startsWith("gcp:cloudrunv2/")) {
    return [fail(container, "it keeps its data on a volume, and Cloud Run may run several instances of it")];
  }
  return data.map(({ volume }) => {
    const writers = view.containers.filter(({ mounts }) =>
      mounts.some((mount) => mount.volume === volume && mount.writable),
    );
    return demand(writers.length === 1, container, "another container writes to its volume");
  });
}

/** In a cluster the claim's access mode, the replicas and the update strategy must all allow one pod only. */
function claimed({ resource, mounts, service }: ContainerView, view: View): Finding[] {
  if (!resource.type.startsWith("kubernetes:")) return [];
  const own = mounts.filter(({ folder }) => folder === serviceNamed(service as ServiceName).state.path);
  const claims = view
    .of("kubernetes:core/v1:PersistentVolumeClaim")
    .filter(({ props }) => own.some(({ volume }) => volume === textAt(props, "metadata.name")));
  if (own.length === 0) return [demand(true, resource, "it has its own volume")];
  return [
    ...claims.map((claim) => {
      const modes = listAt(claim.props, "spec.accessModes");
      return demand(modes.length === 1 && modes[0] === "ReadWriteOncePod", claim, "more than one pod may write to it");
    }),
    demand(
      numberAt(resource.props, "spec.replicas") === 1 && textAt(resource.props, "spec.strategy.type") === "Recreate",
      resource,
      "a second pod may start before the first has stopped",
    ),
  ];
}
