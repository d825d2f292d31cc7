import { describe, expect, test } from "vitest";
import { integrationTests } from "../../../policies/checks/integration-tests.ts";
import { asked, cloudService, digest, factsOf, filed, reasons, UNKNOWN } from "../fixtures.ts";

describe("integration tests", () => {
  const services = [cloudService("akosha")];
  const smoke = (changes = {}) => filed("smoke", { digests: { akosha: digest("a") }, ...changes });
  const judged = (stack: string, ...evidence: ReturnType<typeof smoke>[]) =>
    asked(integrationTests, services, factsOf(stack, { evidence }));

  test("passes in prod with staging's evidence", () => {
    expect(judged("prod", smoke()).verdict).toBe("pass");
  });
  test("prod's own smoke tests come too late for prod, but count in a disposable stack", () => {
    expect(judged("prod", smoke({ stack: "prod" })).verdict).toBe("warn");
    expect(judged("local", smoke({ stack: "local" })).verdict).toBe("pass");
  });
  test("fails with a failed test", () => {
    const { result } = smoke().evidence as { result: object };
    const outcome = judged("prod", smoke({ result: { ...result, failed: 1, passed: 7 } }));
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("1 smoke tests failed");
  });
  test("is not proven where an image is unknown", () => {
    const outcome = asked(integrationTests, [cloudService("akosha", { container: { image: UNKNOWN } })]);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
});
