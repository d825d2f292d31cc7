import type { Fraction, Percent, Seconds } from "../ecosystem/units.ts";
import { meaningOf } from "../edge/outcomes.ts";
import {
  type Accusation,
  accusations,
  alarmed,
  type CandidateEvidence,
  certificate,
  refusing,
  stableDown,
  unread,
  usualFailures,
  withoutProbes,
  withoutUsers,
} from "./evidence/candidate.ts";
import { type Certificate, UNREAD } from "./evidence/step.ts";
import { type Charge, total } from "./evidence/test-window.ts";
import type { Step } from "./plan.ts";
import { commonestKind, percent, points } from "./wording.ts";

export type VerdictKind = "promote" | "wait" | "hold" | "roll-back";

/** The cause of a hold; it decides how long the hold waits before a person must act. */
export type HoldCause = "silence" | "data" | "outage" | "deadline";

/** What to do now, and why, in words; `kinds` are the candidate's bad user outcomes in this step, when they matter. */
export type Verdict = { kind: VerdictKind; reason: string; cause: HoldCause | null; kinds?: Record<string, number> };

/** One service's evidence at one poll; the table's only input. */
export type EvidenceFacts = {
  source: "live" | "silent";
  candidate: {
    data: "some" | "none";
    convicted: boolean;
    worse: boolean;
    charge: string;
    unread: boolean;
    refusing: boolean;
  };
  stable: { overBoundLately: boolean; unclear: boolean; down: boolean };
  step: StepFacts;
};

type StepFacts = {
  /** "shift" while the step's share is wanted but not in force yet. */
  phase: "shift" | "step" | "bake";
  certified: boolean;
  /** The certified claim or, before that, the one to certify. */
  claim: string;
  /** The share, and whose requests prove the claim. */
  proof: string;
  minDurationPassed: boolean;
  maxDurationPassed: boolean;
  share: Percent;
};

type VerdictRule = {
  when(facts: EvidenceFacts): boolean;
  verdict: VerdictKind;
  cause?: HoldCause;
  because(facts: EvidenceFacts): string;
};

/** First match wins. */
const table: readonly VerdictRule[] = [
  {
    when: ({ source }) => source === "silent",
    verdict: "hold",
    cause: "silence",
    because: () => "the metrics source is silent",
  },
  {
    when: ({ candidate }) => candidate.data === "none",
    verdict: "hold",
    cause: "data",
    because: () => "no user's request reached the candidate for 30 s; probing",
  },
  {
    when: ({ candidate, stable }) => candidate.convicted && !candidate.worse && stable.overBoundLately,
    verdict: "hold",
    cause: "outage",
    because: () => "shared outage: both revisions fail",
  },
  {
    when: ({ candidate, stable }) => candidate.convicted && !candidate.worse && stable.unclear,
    verdict: "hold",
    cause: "outage",
    because: ({ candidate }) => `${candidate.charge}; waiting for enough answers from stable to compare`,
  },
  {
    when: ({ candidate, stable }) => (candidate.convicted || candidate.worse) && stable.down,
    verdict: "hold",
    cause: "outage",
    because: ({ candidate }) => `${candidate.charge}, but stable is down too: there is nothing to roll back to`,
  },
  {
    when: ({ candidate }) => candidate.convicted || candidate.worse,
    verdict: "roll-back",
    because: ({ candidate }) => candidate.charge,
  },
  {
    when: ({ step }) => step.phase === "shift",
    verdict: "wait",
    because: ({ step }) => `waiting for ${step.share} % to be put in force`,
  },
  {
    when: ({ candidate, step }) => candidate.refusing && step.minDurationPassed,
    verdict: "hold",
    cause: "data",
    because: ({ step }) => `the candidate refused most of the users' requests at ${step.share} %`,
  },
  {
    when: ({ step }) => step.phase === "bake" && step.minDurationPassed,
    verdict: "promote",
    because: () => "the bake after 100 % is complete",
  },
  {
    when: ({ step }) => step.phase === "bake",
    verdict: "wait",
    because: () => "baking after 100 %",
  },
  {
    when: ({ candidate, step }) => candidate.unread && step.minDurationPassed,
    verdict: "hold",
    cause: "data",
    because: ({ step }) =>
      `more than ${percent(UNREAD)} of the candidate's answers at ${step.share} % could not be checked for errors`,
  },
  {
    when: ({ step }) => step.certified && step.minDurationPassed,
    verdict: "promote",
    because: ({ step }) => `certified ${step.claim} ${step.proof}`,
  },
  {
    when: ({ step }) => step.maxDurationPassed,
    verdict: "hold",
    cause: "deadline",
    because: ({ step }) => `undecided at the step's maximum duration: not certified ${step.claim} at ${step.share} %`,
  },
  {
    when: ({ step }) => step.certified,
    verdict: "wait",
    because: ({ step }) => `certified ${step.claim}; waiting for the step's minimum duration`,
  },
  {
    when: () => true,
    verdict: "wait",
    because: ({ step }) => `not yet certified ${step.claim} at ${step.share} %`,
  },
];

/** The table's verdict for these facts. */
export function decide(facts: EvidenceFacts): Verdict {
  const rule = table.find(({ when }) => when(facts)) as VerdictRule;
  return { kind: rule.verdict, reason: rule.because(facts), cause: rule.cause ?? null };
}

/** The step apart from its evidence; `elapsed` is the observed time in seconds. */
export type StepProgress = { step: Step; margin: Fraction; phase: "shift" | "step" | "bake"; elapsed: Seconds };

/** Derives the table's input from one service's evidence. */
export function factsOf(evidence: CandidateEvidence, progress: StepProgress, at: number): EvidenceFacts {
  const charges = accusations(evidence);
  const own = charges.filter(isOwn);
  const proven = certificate(evidence, progress.step.maxErrorRate);
  // in the bake, users have already been there: probes suffice for a quiet night
  const unseen = withoutUsers(evidence, at) && (progress.phase === "step" || withoutProbes(evidence));
  return {
    source: "live",
    candidate: {
      data: unseen ? "none" : "some",
      convicted: charges.some(({ alone }) => alone),
      worse: charges.some(({ compared }) => compared),
      charge: chargeWords(charged(evidence), alarmed(evidence)),
      unread: unread(evidence),
      refusing: refusing(evidence),
    },
    stable: {
      overBoundLately: charges.length > 0 && own.length === 0,
      unclear: own.length > 0 && own.every(({ compared, doubtful }) => doubtful && !compared),
      down: stableDown(evidence),
    },
    step: stepFacts(
      progress,
      proven !== null,
      claimOf(evidence, progress, proven),
      proofOf(evidence, progress, proven),
    ),
  };
}

/** A failure that stable shares is not a charge against the candidate, unless the comparison also convicts. */
const isOwn = ({ compared, shared }: Accusation): boolean => compared || !shared;

/** The charge that the verdict names. */
function charged(evidence: CandidateEvidence): Accusation | undefined {
  const charges = accusations(evidence);
  return charges.find(isOwn) ?? charges[0];
}

/** The facts of a poll with a silent source. */
export const silentFacts = (progress: StepProgress): EvidenceFacts => ({
  source: "silent",
  candidate: { data: "some", convicted: false, worse: false, charge: "", unread: false, refusing: false },
  stable: { overBoundLately: false, unclear: false, down: false },
  step: stepFacts(progress, false, "", ""),
});

const stepFacts = (
  { step, phase, elapsed }: StepProgress,
  certified: boolean,
  claim: string,
  proof: string,
): StepFacts => ({
  phase,
  certified,
  claim,
  proof,
  minDurationPassed: elapsed >= step.minDuration,
  maxDurationPassed: elapsed >= step.maxDuration,
  share: step.share,
});

/** The claim to prove: a rate below the step's or, when stable itself fails too often for that, a comparison with stable. */
function claimOf(evidence: CandidateEvidence, { step, margin }: StepProgress, proven: Certificate | null): string {
  const claims: Record<Certificate["claim"], string> = {
    below: `below ${percent(step.maxErrorRate)}`,
    noWorse: `no worse than stable by more than ${points(margin)}`,
    better: "better than stable",
  };
  if (proven) return claims[proven.claim];
  return usualFailures(evidence, step.maxErrorRate) === null ? claims.below : `${claims.below}, or ${claims.noWorse}`;
}

/** Whose requests prove the claim and, for a comparison, stable's failure rate. */
function proofOf(evidence: CandidateEvidence, { step }: StepProgress, proven: Certificate | null): string {
  if (!proven) return "";
  const { requests, failures } = total(evidence.step.stable);
  const compared = proven.claim === "below" ? "" : `; in this step stable itself fails ${percent(failures / requests)}`;
  return `at ${step.share} % by ${proven.by}${compared}`;
}

const severity: readonly VerdictKind[] = ["roll-back", "hold", "wait", "promote"];

/** The verdict with the candidate's bad user outcomes when they end or hold the step; a rollback names the most common of its charge. */
export function withKinds(verdict: Verdict, evidence: CandidateEvidence): Verdict {
  const { kinds = {}, user } = evidence.step.candidate;
  const blames = verdict.kind === "roll-back" || (verdict.kind === "hold" && verdict.cause !== "data");
  if (commonestKind(kinds, user.requests) === null || !blames) return verdict;
  const commonest =
    verdict.kind === "roll-back" ? commonestKind(kindsOf(kinds, charged(evidence)), user.requests) : null;
  return { ...verdict, reason: commonest === null ? verdict.reason : `${verdict.reason}: ${commonest}`, kinds };
}

const meanings: Record<Charge, ReturnType<typeof meaningOf>> = {
  errors: "failed",
  latency: "slow",
  refusals: "refused",
  "tool-errors": "tool error",
};

/** The kinds that a charge is about, and those whose meaning is unknown. */
const kindsOf = (kinds: Record<string, number>, accusation: Accusation | undefined): Record<string, number> =>
  Object.fromEntries(
    Object.entries(kinds).filter(
      ([kind]) => !accusation || [undefined, meanings[accusation.charge]].includes(meaningOf(kind)),
    ),
  );

/** Services are promoted together: the gravest verdict applies to all, and names its service when there are several. */
export function gravest(verdicts: readonly { service: string; verdict: Verdict }[]): Verdict {
  const kind = severity.find((kind) => verdicts.some(({ verdict }) => verdict.kind === kind)) as VerdictKind;
  const { service, verdict } = verdicts.find(({ verdict }) => verdict.kind === kind) as (typeof verdicts)[number];
  return verdicts.length === 1 ? verdict : { ...verdict, reason: `${service}: ${verdict.reason}` };
}

const words: Record<Accusation["charge"], { alone: string; compared: string }> = {
  errors: {
    alone: "the candidate exceeds its error budget",
    compared: "the candidate fails more than stable",
  },
  latency: {
    alone: "the candidate exceeds its latency objective",
    compared: "the candidate is slower than stable",
  },
  refusals: {
    alone: "the candidate refuses too many requests",
    compared: "the candidate refuses more requests than stable",
  },
  "tool-errors": {
    alone: "the candidate's tools fail too often",
    compared: "the candidate's tools fail more often than stable's",
  },
};

const chargeWords = (accusation: Accusation | undefined, alarm: boolean): string => {
  if (!accusation) return "";
  const { charge, compared } = accusation;
  if (alarm && charge === "errors" && !compared)
    return "the candidate exceeds its error budget during the bake after 100 %";
  return words[charge][compared ? "compared" : "alone"];
};
