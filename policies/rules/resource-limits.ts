import { rule } from "../check.ts";
import { demand } from "../verdict.ts";

export const resourceLimits = rule("resource-limits", {
  why: "a container that uses up the memory takes all others down with it",
  remedy: "give each container a memory limit, and each long-running one a CPU limit",
  judge: ({ containers }) =>
    containers.map((container) =>
      demand(
        container.limits.memory && (container.limits.cpu || !container.lasting),
        container,
        "it has no memory limit or no CPU limit",
      ),
    ),
});
