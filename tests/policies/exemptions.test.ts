import { describe, expect, test } from "vitest";
import { rule } from "../../policies/check.ts";
import { exempted, exemptionState } from "../../policies/exemptions.ts";
import { fail, pass, warn } from "../../policies/verdict.ts";
import { asked, now } from "./fixtures.ts";

const exemption = (rule: string, expires = "2027-01-20") => ({
  rule,
  reason: "replaced next week",
  owner: "us",
  expires,
});
const found = (...findings: ReturnType<typeof pass>[]) =>
  asked(rule("maintenance", { why: "x", remedy: "y", judge: () => findings }), []);
const lifted = (name: string, expires: string, ...findings: ReturnType<typeof pass>[]) =>
  exempted(found(...findings), [exemptionState(exemption(name, expires), now)]);

describe("an exemption", () => {
  test("makes a failure a warning up to its last day", () => {
    expect(lifted("maintenance", "2027-01-20", fail("x", "broken"), pass("y"))).toMatchObject({
      verdict: "warn",
      findings: [{ verdict: "warn", reason: "broken (exempt until 2027-01-20)" }, { verdict: "pass" }],
    });
  });
  test("changes nothing where nothing fails, or another rule does", () => {
    expect(lifted("maintenance", "2027-01-20", warn("x", "missing")).findings).toEqual([warn("x", "missing")]);
    expect(lifted("metrics", "2027-01-20", fail("x", "broken")).verdict).toBe("fail");
  });
  test("fails from the day after its expiry, whatever was found", () => {
    expect(lifted("maintenance", "2027-01-19", pass("x"))).toMatchObject({
      verdict: "fail",
      findings: [{ reason: "the exemption owned by us expired on 2027-01-19" }, { verdict: "pass" }],
    });
  });
  test.each(["authentication", "secrets-management"])("of %s is refused", (name) => {
    const outcome = { ...found(pass("x")), name };
    const refused = exempted(outcome, [exemptionState(exemption(name), now)]);
    expect(refused).toMatchObject({ verdict: "fail", findings: [{ reason: "this check cannot be exempted" }, {}] });
  });
});
