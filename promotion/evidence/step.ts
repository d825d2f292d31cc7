import type { Fraction } from "../../ecosystem/units.ts";
import { addRevisions, noCounts, type RevisionCounts, type ServiceCounts } from "../counts.ts";
import { logCertificate, smallestBound } from "./certificate.ts";
import { holdsWithoutAnyone, logRobust, viewsOf, withoutClients } from "./clients.ts";
import {
  type Claim,
  type Comparison,
  evidenceFor,
  observeComparison,
  restartComparison,
  served,
  startComparison,
  usersEvidenceFor,
} from "./comparison.ts";
import { surelyOver } from "./shared-failure.ts";
import { alphas, type Indicator, indicators, total } from "./test-window.ts";
import { type Usual, usuallyOver } from "./usual.ts";

/** What was counted in one step, of both revisions, and how they compare. Only these counts certify the step. */
export type StepEvidence = { candidate: RevisionCounts; stable: RevisionCounts; comparison: Comparison };

/** Whose requests certify: the users' alone, or only together with the probes'. */
type By = "users" | "users and probes";

/** What a step has proven: a failure rate below the step's bound or, where stable itself fails, how the candidate compares with it. */
export type Certificate = { claim: "below" | Claim; by: By };

/** How many of the candidate's answers may be unreadable before a step waits for a person: more would hide tool errors at will. */
const UNREAD = 0.05;

const errors = indicators[0] as Indicator;

/** A step before its first poll; `margin` is a fraction. */
export const startStepEvidence = (margin: Fraction): StepEvidence => ({
  candidate: none,
  stable: none,
  comparison: startComparison(margin),
});

/** The next step, before its first poll. */
export const nextStepEvidence = ({ comparison }: StepEvidence): StepEvidence => ({
  candidate: none,
  stable: none,
  comparison: restartComparison(comparison),
});

/** Takes in one poll. */
export const observeStep = ({ candidate, stable, comparison }: StepEvidence, counts: ServiceCounts): StepEvidence => ({
  candidate: addRevisions(candidate, counts.candidate),
  stable: addRevisions(stable, counts.stable),
  comparison: observeComparison(comparison, counts),
});

/** What a step is judged by: its bound (a fraction), how stable usually fails, and the clients that use the candidate. */
type Question = { bound: number; usual: Usual; inUse: readonly string[] };

/**
 * What the step has proven, each claim with error probability `alphas.certificate` and whoever of the clients `inUse` is left out. "noWorse"
 * is asked only of a service whose stable usually fails at more than half the bound: at the bound itself neither a rate below it nor one over
 * it could ever be proven. "better" is asked only while stable fails, and with the error probability of a conviction, which it can lift.
 */
export function certificate(step: StepEvidence, question: Question): Certificate | null {
  if (step.candidate.user.requests === 0) return null;
  const { inUse } = question;
  const by = (users: number): By => (users >= ENOUGH ? "users" : "users and probes");
  if (below(step.candidate, question) >= ENOUGH)
    return { claim: "below", by: by(below({ ...step.candidate, probe: noCounts }, question)) };
  if (isBetter(step, inUse)) return { claim: "better", by: by(usersEvidenceFor(step.comparison, "better", inUse)) };
  if (noWorse(step, question) >= ENOUGH)
    return { claim: "noWorse", by: by(usersEvidenceFor(step.comparison, "noWorse", inUse)) };
  return null;
}

/** The logarithm of the step's evidence for whichever of its claims is nearest to a proof. */
export const certifyingEvidence = (step: StepEvidence, question: Question): number =>
  Math.max(below(step.candidate, question), noWorse(step, question));

/** True when stable fails over its objective in this step, and the candidate provably less. */
export const isBetter = ({ stable, comparison }: StepEvidence, inUse: readonly string[]): boolean =>
  surelyOver(served(total(stable)), errors.bound) &&
  evidenceFor(comparison, "better", inUse) >= -Math.log(alphas.conviction);

/** The smallest failure rate (a fraction) that the step's counts certify so far, or null. */
export const bestCertificate = ({ candidate }: StepEvidence, inUse: readonly string[]): number | null =>
  smallestBound((bound) => below(candidate, { bound, inUse }) >= ENOUGH);

/** The part of the candidate's answers that could not be read, where it is too large, whoever of the clients `inUse` is left out; else null. */
export function unreadPart({ candidate }: StepEvidence, inUse: readonly string[]): number | null {
  const part = (leftOut: string) => {
    const { unread, requests, failures } = total(withoutClients(candidate, leftOut));
    return requests > failures ? unread / (requests - failures) : 0;
  };
  return holdsWithoutAnyone(inUse, (leftOut) => part(leftOut) > UNREAD) ? part("") : null;
}

const ENOUGH = -Math.log(alphas.certificate);

const below = (candidate: RevisionCounts, { bound, inUse }: Pick<Question, "bound" | "inUse">): number =>
  logRobust(viewsOf(candidate), inUse, (counts) => logCertificate({ ...served(total(counts)), bound }));

const noWorse = ({ comparison }: StepEvidence, { bound, usual, inUse }: Question): number =>
  usuallyOver(usual, errors, bound / 2) ? evidenceFor(comparison, "noWorse", inUse) : Number.NEGATIVE_INFINITY;

const none: RevisionCounts = { user: noCounts, probe: noCounts };
