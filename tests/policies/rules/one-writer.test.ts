import { describe, expect, test } from "vitest";
import { oneWriter } from "../../../policies/rules/one-writer.ts";
import {
  asked,
  type Cases,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const mount = (readOnly: boolean) => ({
  volumes: [{ volumeName: "session-buddy-data", containerPath: "/v", readOnly }],
});
const reader = dockerContainer("backup", mount(true));
const writer = dockerContainer("intruder", mount(false));
const claim = (mode: string) =>
  resource("kubernetes:core/v1:PersistentVolumeClaim", "claim", {
    metadata: { name: "session-buddy-data" },
    spec: { accessModes: [mode] },
  });
const good: Cases = [
  ["one container on its volume", [dockerService("session-buddy"), reader]],
  ["one pod on its claim", [deployment("session-buddy"), claim("ReadWriteOncePod")]],
];
const bad: Cases = [
  ["another container that writes", [dockerService("session-buddy"), writer]],
  ["a claim of many pods", [deployment("session-buddy"), claim("ReadWriteMany")]],
  ["a claim of one machine", [deployment("session-buddy"), claim("ReadWriteOnce")]],
  ["two pods", [deployment("session-buddy", { spec: { replicas: 2 } }), claim("ReadWriteOncePod")]],
  [
    "a second pod before the first has gone",
    [deployment("session-buddy", { spec: { strategy: { type: "RollingUpdate" } } }), claim("ReadWriteOncePod")],
  ],
  ["Cloud Run", [cloudService("session-buddy")]],
];
const unknown = [deployment("session-buddy", { spec: { replicas: UNKNOWN } }), claim("ReadWriteOncePod")];

describe("one-writer", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(oneWriter, resources))).toBe("");
    expect(asked(oneWriter, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(oneWriter, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(oneWriter, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
});
