import { describe, expect, test } from "vitest";
import { noRoot } from "../../../policies/rules/no-root.ts";
import { asked, type Cases, cloudService, deployment, dockerContainer, reasons, UNKNOWN } from "../fixtures.ts";

const good: Cases = [["users of their own", [deployment("akosha"), dockerContainer("x")]]];
const bad: Cases = [
  ["root by name", [dockerContainer("x", { user: "root" })]],
  ["root by number", [dockerContainer("x", { user: "0:10001" })]],
  ["whatever the image says", [dockerContainer("x", { user: undefined })]],
  ["a pod that may be root", [deployment("akosha", { pod: { securityContext: {} } })]],
];
const unknown = [dockerContainer("x", { user: UNKNOWN })];

describe("no-root", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(noRoot, resources))).toBe("");
    expect(asked(noRoot, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(noRoot, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(noRoot, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
  test("leaves the user to a platform that confines it", () => {
    expect(asked(noRoot, [cloudService("akosha")]).verdict).toBe("not-applicable");
  });
});
