import { rule } from "../check.ts";
import { demand } from "../verdict.ts";

export const noPrivileges = rule("no-privileges", {
  why: "a privilege that nobody needs is one that an intruder gets",
  remedy: "drop all capabilities, forbid gaining any, and mount no socket of the platform",
  judge: ({ containers }) =>
    containers.map((container) =>
      demand(
        !container.security.privileged &&
          container.security.confined !== false &&
          !container.mounts.some(
            ({ volume, writable }) => volume.endsWith("docker.sock") || (volume === "/" && writable),
          ),
        container,
        "it has privileges, or can gain some",
      ),
    ),
});
