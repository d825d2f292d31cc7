import type { Fraction } from "../../ecosystem/units.ts";
import { addRevisions, noCounts, type RevisionCounts, type ServiceCounts } from "../counts.ts";
import { logCertificate, smallestBound } from "./certificate.ts";
import { clientsOf, holdsWithoutAnyone, logRobust, viewsOf, withoutClients } from "./clients.ts";
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

/** The counts of both revisions in one step, and their comparison. Only these counts certify the step. */
export type StepEvidence = { candidate: RevisionCounts; stable: RevisionCounts; comparison: Comparison };

/** Whose requests certify: the users' alone, or only together with the probes'. */
type By = "users" | "users and probes";

/** A proven claim: a failure rate below the step's bound or, when stable itself fails, a comparison of the candidate with it. */
export type Certificate = { claim: "below" | Claim; by: By };

/** The highest fraction of unchecked answers before a step waits for a person: a candidate could hide its tool errors in them. */
export const UNREAD = 0.05;

const errors = indicators[0] as Indicator;
const refusals = indicators.find(({ charge }) => charge === "refusals") as Indicator;

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

/** Adds one poll. */
export const observeStep = ({ candidate, stable, comparison }: StepEvidence, counts: ServiceCounts): StepEvidence => ({
  candidate: addRevisions(candidate, counts.candidate),
  stable: addRevisions(stable, counts.stable),
  comparison: observeComparison(comparison, counts),
});

/** What a step is judged by: its bound (a fraction), stable's usual failure rates, and the clients that use the candidate. */
type StepQuestion = { bound: number; usual: Usual; inUse: readonly string[] };

/**
 * The claim that the step has proven, without any one of the clients `inUse`. "below" and "noWorse" have an error probability of
 * `alphas.certificate` each, "better" one of `alphas.conviction`: at most their sum, 11 %, that any of the three is certified wrongly.
 * "noWorse" is tested only when stable usually fails at more than half the bound: for a service at the bound itself, neither a lower nor a higher
 * rate can ever be proven. "better" is tested only while stable fails, and with a conviction's error probability, since it can lift one.
 */
export function certificate(step: StepEvidence, question: StepQuestion): Certificate | null {
  const { inUse } = question;
  if (step.candidate.user.requests === 0 || mostRefused(step, question)) return null;
  const by = (users: number): By => (users >= ENOUGH ? "users" : "users and probes");
  if (below(step.candidate, question) >= ENOUGH)
    return { claim: "below", by: by(below({ ...step.candidate, probe: noCounts }, question)) };
  if (isBetter(step, inUse)) return { claim: "better", by: by(usersEvidenceFor(step.comparison, "better", inUse)) };
  if (noWorse(step, question) >= ENOUGH)
    return { claim: "noWorse", by: by(usersEvidenceFor(step.comparison, "noWorse", inUse)) };
  return null;
}

/** The logarithm of the step's evidence for the claim that is closest to proven. */
export const certifyingEvidence = (step: StepEvidence, question: StepQuestion): number =>
  Math.max(below(step.candidate, question), noWorse(step, question));

/** True when stable misses its objective in this step and the candidate provably fails less, both without any one client. */
export const isBetter = ({ stable, comparison }: StepEvidence, inUse: readonly string[]): boolean =>
  holdsWithoutAnyone([...new Set([...inUse, ...clientsOf(stable)])], (leftOut) =>
    surelyOver(served(total(withoutClients(stable, leftOut))), errors.bound),
  ) && evidenceFor(comparison, "better", inUse) >= -Math.log(alphas.conviction);

/** The lowest failure rate (a fraction) that the step's counts certify so far, or null. */
export const bestCertificate = ({ candidate }: StepEvidence, inUse: readonly string[]): number | null =>
  smallestBound((bound) => below(candidate, { bound, inUse }) >= ENOUGH);

/** True when too large a fraction of the candidate's answers could not be checked, even without any one of the clients `inUse`. */
export function tooMuchUnread({ candidate }: StepEvidence, inUse: readonly string[]): boolean {
  const part = (leftOut: string) => {
    const { unread, requests, failures } = total(withoutClients(candidate, leftOut));
    return requests > failures ? unread / (requests - failures) : 0;
  };
  return holdsWithoutAnyone(inUse, (leftOut) => part(leftOut) > UNREAD);
}

/**
 * True when the candidate refused every request of users in this step, or most of at least three, even without any one of the clients
 * `inUse`: the few that it served, and the probes, say nothing about the others. A stable that usually refuses most is no better.
 */
export const mostRefused = ({ candidate }: StepEvidence, { usual, inUse }: Pick<StepQuestion, "usual" | "inUse">) =>
  holdsWithoutAnyone(inUse, (leftOut) => {
    const { requests, refused } = withoutClients(candidate, leftOut).user;
    return refused > 0 && (refused === requests || (requests >= FEW && refused > requests / 2));
  }) && !usuallyOver(usual, refusals, 0.5);

/** With fewer requests, a majority is an accident. */
const FEW = 3;

const ENOUGH = -Math.log(alphas.certificate);

const below = (candidate: RevisionCounts, { bound, inUse }: Pick<StepQuestion, "bound" | "inUse">): number =>
  logRobust(viewsOf(candidate), inUse, (counts) => logCertificate({ ...served(total(counts)), bound }));

const noWorse = ({ comparison }: StepEvidence, { bound, usual, inUse }: StepQuestion): number =>
  usuallyOver(usual, errors, bound / 2) ? evidenceFor(comparison, "noWorse", inUse) : Number.NEGATIVE_INFINITY;

const none: RevisionCounts = { user: noCounts, probe: noCounts };
