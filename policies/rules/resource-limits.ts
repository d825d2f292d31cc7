import { rule } from "../check.ts";
import { demand } from "../verdict.ts";

export const resourceLimits = rule("resource-limits", {
  why: "one container that takes all memory takes every other one with it",
  remedy: "give each container a memory limit, and a processor limit to those that go on running",
  judge: ({ containers }) =>
    containers.map((container) =>
      demand(container.limits.memory && (container.limits.cpu || !container.lasting), container, "it has no limits"),
    ),
});
