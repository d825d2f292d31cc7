import { describe, expect, test } from "vitest";
import { unitTests } from "../../../policies/checks/unit-tests.ts";
import { asked, cloudService, digest, factsOf, filed, reasons, UNKNOWN } from "../fixtures.ts";

describe("unit tests", () => {
  const services = [cloudService("akosha")];
  const attested = (result = {}) =>
    factsOf("prod", {
      evidence: [
        filed("unit-tests", {
          digests: { akosha: digest("a") },
          result: { commit: "c".repeat(40), passed: 900, failed: 0, coverage: 84, ...result },
        }),
      ],
    });

  test.each([
    ["pass", {}],
    ["pass", { coverage: 80 }],
    ["warn", { coverage: 79.9 }],
    ["warn", { coverage: 60 }],
    ["fail", { coverage: 59.9 }],
    ["fail", { failed: 1 }],
  ])("%s with %o", (verdict, result) => {
    expect(asked(unitTests, services, attested(result)).verdict).toBe(verdict);
  });
  test("warns without an attestation, for each image that lacks one", () => {
    const outcome = asked(unitTests, [...services, cloudService("mahavishnu")], attested());
    expect(outcome.verdict).toBe("warn");
    expect(reasons(outcome)).toMatch(/image of mahavishnu:/);
  });
  test("is not proven where an image is unknown", () => {
    const outcome = asked(unitTests, [cloudService("akosha", { container: { image: UNKNOWN } })], attested());
    expect(reasons(outcome)).toContain("not proven");
    expect(outcome.verdict).toBe("fail");
  });
  test("fail when no service's image runs", () => {
    expect(asked(unitTests, [], attested()).verdict).toBe("fail");
  });
});
