import type { CheckOutcome } from "./check.ts";
import { mandatory } from "./levels.ts";
import { fail } from "./verdict.ts";

/** A rule that a stack is let off from for a while; stands in the stack's settings. */
export type Exemption = { rule: string; reason: string; owner: string; expires: string };

/** How an exemption stands: a mandatory check refuses it, and after its last day it is a failure itself. */
export type ExemptionState = Exemption & { standing: "in force" | "expired" | "refused" };

export function trafficStateOf(exemption: Exemption, now: Date): ExemptionState {
  const standing = mandatory.includes(exemption.rule)
    ? "refused"
    : now.toISOString().slice(0, 10) > exemption.expires
      ? "expired"
      : "in force";
  return { ...exemption, standing };
}

/** What a rule found, as its exemption leaves it: a failure in force becomes a warning, an expired one fails whatever was found. */
export function exempted(outcome: CheckOutcome, standings: readonly ExemptionState[]): CheckOutcome {
  const own = standings.filter(({ rule }) => rule === outcome.name);
  const over = own.find(({ standing }) => standing !== "in force");
  if (over) {
    const why =
      over.standing === "expired"
        ? `the exemption of ${over.owner} expired on ${over.expires}`
        : "no exemption lifts this check";
    return { ...outcome, verdict: "fail", findings: [fail("stack", why), ...outcome.findings] };
  }
  const [lifts] = own;
  if (!lifts || outcome.verdict !== "fail") return outcome;
  const findings = outcome.findings.map((finding) =>
    finding.verdict === "fail"
      ? { ...finding, verdict: "warn" as const, reason: `${finding.reason} (exempt until ${lifts.expires})` }
      : finding,
  );
  return { ...outcome, verdict: "warn", findings };
}
