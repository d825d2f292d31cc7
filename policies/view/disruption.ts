import { at, numberAt, objectAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { podLabels } from "./pods.ts";
import type { View } from "./view.ts";

/** Whether a budget is kept for a workload's pods that lets one of them go: one that lets none go blocks every drain. */
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
