import { at, numberAt, objectAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { podLabels } from "./pods.ts";
import type { View } from "./view.ts";

/** Whether a PodDisruptionBudget covers a workload's pods and allows an eviction: one that allows none blocks every drain. */
export const budgeted = (workload: Resource, view: Pick<View, "of">): boolean =>
  view.of("kubernetes:policy/v1:PodDisruptionBudget").some(({ props }) => {
    const chosen = Object.entries(objectAt(props, "spec.selector.matchLabels"));
    const labels = podLabels(workload);
    return (
      chosen.length > 0 &&
      chosen.every(([key, value]) => labels[key] === value) &&
      at(props, "spec.minAvailable") === undefined &&
      (numberAt(props, "spec.maxUnavailable") ?? 0) >= 1
    );
  });
