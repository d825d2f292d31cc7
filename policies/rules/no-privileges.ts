import { rule } from "../check.ts";
import { demand } from "../verdict.ts";

export const noPrivileges = rule("no-privileges", {
  why: "a privilege that a container does not need only helps an intruder",
  remedy: "drop all capabilities, forbid privilege escalation, and mount no container runtime socket",
  judge: ({ containers }) =>
    containers.map((container) =>
      demand(
        !container.security.privileged &&
          container.security.confined !== false &&
          !container.mounts.some(
            ({ volume, writable }) => volume.endsWith("docker.sock") || (volume === "/" && writable),
          ),
        container,
        "it is privileged, or can escalate its privileges",
      ),
    ),
});
