import {
  type Accusation,
  accusations,
  alarmed,
  type CandidateEvidence,
  certified,
  certifiedBy,
  stableDown,
  stableOverBoundLately,
  withoutProbes,
  withoutUsers,
} from "./evidence/candidate.ts";
import type { Step } from "./plan.ts";

export type VerdictKind = "promote" | "wait" | "hold" | "roll-back";

/** Why a hold holds: it decides how long the hold waits before it is left to a person. */
export type HoldCause = "silence" | "data" | "outage" | "deadline";

/** What to do now, and the words for the person who asks why. */
export type Verdict = { kind: VerdictKind; reason: string; cause: HoldCause | null };

/** What the evidence of one service says at one poll; everything the table may look at. */
export type EvidenceFacts = {
  source: "live" | "silent";
  candidate: { data: "some" | "none"; convicted: boolean; worse: boolean; charge: string };
  stable: { overBoundLately: boolean; unclear: boolean; down: boolean };
  step: StepFacts;
};

type StepFacts = {
  phase: "step" | "bake";
  certified: boolean;
  by: string;
  minDurationPassed: boolean;
  maxDurationPassed: boolean;
  share: number;
  maxErrorRate: number;
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
    because: ({ candidate }) => `${candidate.charge}; waiting for enough of stable's answers to compare`,
  },
  {
    when: ({ candidate, stable }) => (candidate.convicted || candidate.worse) && stable.down,
    verdict: "hold",
    cause: "outage",
    because: ({ candidate }) =>
      `${candidate.charge}, but stable answers nothing either: there is nowhere to go back to`,
  },
  {
    when: ({ candidate }) => candidate.convicted || candidate.worse,
    verdict: "roll-back",
    because: ({ candidate }) => candidate.charge,
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
    when: ({ step }) => step.certified && step.minDurationPassed,
    verdict: "promote",
    because: ({ step }) => `certified below ${percent(step.maxErrorRate)} at ${step.share} % by ${step.by}`,
  },
  {
    when: ({ step }) => step.maxDurationPassed,
    verdict: "hold",
    cause: "deadline",
    because: ({ step }) =>
      `undecided at the maxDuration: not certified below ${percent(step.maxErrorRate)} at ${step.share} %`,
  },
  {
    when: ({ step }) => step.certified,
    verdict: "wait",
    because: ({ step }) => `certified below ${percent(step.maxErrorRate)}; waiting for the step's minimum duration`,
  },
  {
    when: () => true,
    verdict: "wait",
    because: ({ step }) => `not yet certified below ${percent(step.maxErrorRate)} at ${step.share} %`,
  },
];

/** The verdict that the table gives for these facts. */
export function decide(facts: EvidenceFacts): Verdict {
  const rule = table.find(({ when }) => when(facts)) as VerdictRule;
  return { kind: rule.verdict, reason: rule.because(facts), cause: rule.cause ?? null };
}

/** What is known of the step besides the evidence: `elapsed` is the time it was really looked at, in seconds. */
export type StepProgress = { step: Step; phase: "step" | "bake"; elapsed: number };

/** Reads off one service's evidence what the table looks at. */
export function factsOf(evidence: CandidateEvidence, progress: StepProgress, at: number): EvidenceFacts {
  const charges = accusations(evidence);
  // what stable shares is no charge against the candidate, unless the comparison says so too
  const own = charges.filter(({ compared, shared }) => compared || !shared);
  const { maxErrorRate } = progress.step;
  // in the bake, where users have been, probes stand in for a quiet night
  const unseen = withoutUsers(evidence, at) && (progress.phase === "step" || withoutProbes(evidence));
  return {
    source: "live",
    candidate: {
      data: unseen ? "none" : "some",
      convicted: charges.some(({ alone }) => alone),
      worse: charges.some(({ compared }) => compared),
      charge: chargeWords([...own, ...charges][0], alarmed(evidence)),
    },
    stable: {
      overBoundLately: charges.length > 0 ? own.length === 0 : stableOverBoundLately(evidence),
      unclear: own.length > 0 && own.every(({ compared, doubtful }) => doubtful && !compared),
      down: stableDown(evidence),
    },
    step: stepFacts(
      progress,
      certified(evidence, maxErrorRate) && evidence.step.user.requests > 0,
      certifiedBy(evidence, maxErrorRate),
    ),
  };
}

/** The facts of a poll in which the source said nothing. */
export const silentFacts = (progress: StepProgress): EvidenceFacts => ({
  source: "silent",
  candidate: { data: "some", convicted: false, worse: false, charge: "" },
  stable: { overBoundLately: false, unclear: false, down: false },
  step: stepFacts(progress, false, ""),
});

const stepFacts = ({ step, phase, elapsed }: StepProgress, certified: boolean, by: string): StepFacts => ({
  phase,
  certified,
  by,
  minDurationPassed: elapsed >= step.minDuration,
  maxDurationPassed: elapsed >= step.maxDuration,
  share: step.share,
  maxErrorRate: step.maxErrorRate,
});

const severity: readonly VerdictKind[] = ["roll-back", "hold", "wait", "promote"];

/** All services go together: the gravest verdict is everyone's, and names its service where there are several. */
export function gravest(verdicts: readonly { service: string; verdict: Verdict }[]): Verdict {
  const kind = severity.find((kind) => verdicts.some(({ verdict }) => verdict.kind === kind)) as VerdictKind;
  const { service, verdict } = verdicts.find(({ verdict }) => verdict.kind === kind) as (typeof verdicts)[number];
  return verdicts.length === 1 ? verdict : { ...verdict, reason: `${service}: ${verdict.reason}` };
}

const words: Record<Accusation["charge"], { alone: string; compared: string }> = {
  errors: {
    alone: "the candidate fails more than it may",
    compared: "the candidate fails more than stable",
  },
  latency: {
    alone: "the candidate is slower than it may be",
    compared: "the candidate is slower than stable",
  },
  "tool-errors": {
    alone: "the candidate's tools fail more than they may",
    compared: "the candidate's tools fail more than stable's",
  },
};

const chargeWords = (accusation: Accusation | undefined, alarm: boolean): string => {
  if (!accusation) return "";
  const { charge, compared } = accusation;
  if (alarm && charge === "errors" && !compared)
    return "the candidate exceeds its error budget during the bake after 100 %";
  return words[charge][compared ? "compared" : "alone"];
};

/** A fraction as a percentage, without noise digits. */
const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(3))} %`;
