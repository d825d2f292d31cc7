import { describe, expect, test } from "vitest";
import { noPrivileges } from "../../../policies/rules/no-privileges.ts";
import { asked, type Cases, deployment, dockerContainer, reasons, UNKNOWN } from "../fixtures.ts";

const good: Cases = [["nothing but what is needed", [deployment("akosha"), dockerContainer("x")]]];
const bad: Cases = [
  ["privileged", [dockerContainer("x", { privileged: true })]],
  ["a capability more", [dockerContainer("x", { capabilities: { drops: ["ALL"], adds: ["CAP_NET_ADMIN"] } })]],
  ["capabilities that were not dropped", [dockerContainer("x", { capabilities: {} })]],
  ["privileges that can be gained", [dockerContainer("x", { securityOpts: [] })]],
  [
    "the socket of the platform",
    [dockerContainer("x", { volumes: [{ hostPath: "/var/run/docker.sock", containerPath: "/s" }] })],
  ],
  ["the whole host", [dockerContainer("x", { volumes: [{ hostPath: "/", containerPath: "/host" }] })]],
  [
    "a privileged pod",
    [
      deployment("akosha", {
        container: {
          securityContext: { privileged: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      }),
    ],
  ],
  ["a pod in the host’s network", [deployment("akosha", { pod: { hostNetwork: true } })]],
  [
    "a pod that may gain privileges",
    [deployment("akosha", { container: { securityContext: { capabilities: { drop: ["ALL"] } } } })],
  ],
];
const unknown = [dockerContainer("x", { privileged: UNKNOWN })];

describe("no-privileges", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(noPrivileges, resources))).toBe("");
    expect(asked(noPrivileges, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(noPrivileges, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(noPrivileges, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
});
