import { describe, expect, test } from "vitest";
import { securityAudit } from "../../../policies/checks/security-audit.ts";
import { asked, cloudService, digest, factsOf, filed, reasons, UNKNOWN } from "../fixtures.ts";

describe("security audit", () => {
  const services = [cloudService("akosha"), cloudService("mahavishnu"), cloudService("session-buddy")];
  const audited = (changes = {}) => factsOf("prod", { evidence: [filed("security-audit", changes)] });

  test("passes with a clean audit of exactly these images", () => {
    expect(asked(securityAudit, services, audited()).verdict).toBe("pass");
  });
  test("warns without one", () => {
    expect(asked(securityAudit, services).verdict).toBe("warn");
  });
  test.each([
    ["a grave finding", { critical: 1 }, "1 critical"],
    ["a finding that nobody rated", { unrated: 2 }, "2 unrated"],
  ])("fails with %s", (_, found, words) => {
    const { result } = filed("security-audit").evidence as { result: object };
    const outcome = asked(securityAudit, services, audited({ result: { ...result, ...found } }));
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("fails when an image is not pinned by digest", () => {
    const tagged = cloudService("akosha", { container: { image: "registry.test/akosha:latest" } });
    const outcome = asked(securityAudit, [tagged], audited());
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not pinned by digest");
  });
  test("fails where the audit is of another image", () => {
    const outcome = asked(securityAudit, services, audited({ digests: { akosha: digest("9") } }));
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("foreign");
  });
  test("is not proven where an image is unknown", () => {
    const outcome = asked(securityAudit, [cloudService("akosha", { container: { image: UNKNOWN } })], audited());
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: template.containers[0].image");
  });
});
