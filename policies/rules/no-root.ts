import { rule } from "../check.ts";
import { demand, notApplicable } from "../verdict.ts";

export const noRoot = rule("no-root", {
  why: "whoever breaks out of a container as root is root outside",
  remedy: "run each container as a user of its own",
  judge: ({ containers }) =>
    containers.map((container) =>
      container.security.root === undefined
        ? notApplicable(container, "the platform's sandbox chooses the user")
        : demand(!container.security.root, container, "it runs as root, or as whatever its image says"),
    ),
});
