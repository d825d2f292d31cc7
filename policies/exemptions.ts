import { mandatory } from "./levels.ts";
import { type CheckOutcome, fail } from "./verdict.ts";

/** One entry of a stack's `exemptions` setting: a rule whose failures only warn until a date. */
export type Exemption = { rule: string; reason: string; owner: string; expires: string };

/** An exemption on a given day: checks 2 and 3 refuse it, and after its last day it is a failure itself. */
export type ExemptionState = Exemption & { standing: "in force" | "expired" | "refused" };

export function exemptionState(exemption: Exemption, now: Date): ExemptionState {
  const standing = mandatory.includes(exemption.rule)
    ? "refused"
    : now.toISOString().slice(0, 10) > exemption.expires
      ? "expired"
      : "in force";
  return { ...exemption, standing };
}

/** An outcome with its exemption applied: one in force turns failures into warnings, any other one fails the rule. */
export function exempted(outcome: CheckOutcome, exemptions: readonly ExemptionState[]): CheckOutcome {
  const own = exemptions.filter(({ rule }) => rule === outcome.name);
  const invalid = own.find(({ standing }) => standing !== "in force");
  if (invalid) {
    const reason =
      invalid.standing === "expired"
        ? `the exemption owned by ${invalid.owner} expired on ${invalid.expires}`
        : "this check cannot be exempted";
    return { ...outcome, verdict: "fail", findings: [fail("stack", reason), ...outcome.findings] };
  }
  const [exemption] = own;
  if (!exemption || outcome.verdict !== "fail") return outcome;
  const findings = outcome.findings.map((finding) =>
    finding.verdict === "fail"
      ? { ...finding, verdict: "warn" as const, reason: `${finding.reason} (exempt until ${exemption.expires})` }
      : finding,
  );
  return { ...outcome, verdict: "warn", findings };
}
