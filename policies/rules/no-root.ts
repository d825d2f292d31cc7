import { rule } from "../check.ts";
import { demand, notApplicable } from "../verdict.ts";

export const noRoot = rule("no-root", {
  why: "a process that escapes its container as root is root on the host",
  remedy: "run each container as a non-root user",
  judge: ({ containers }) =>
    containers.map((container) =>
      container.security.root === undefined
        ? notApplicable(container, "the platform's sandbox chooses the user")
        : demand(!container.security.root, container, "it runs as root, or as the image's default user"),
    ),
});
