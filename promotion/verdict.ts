import {
  type Accusation,
  accusations,
  alarmed,
  certified,
  certifiedBy,
  stableDown,
  stableOverBoundLately,
  type Trial,
  withoutProbes,
  withoutUsers,
} from "./evidence/candidate.ts";
import type { Step } from "./plan.ts";

export type Kind = "promote" | "wait" | "hold" | "roll-back";

/** Why a hold holds: it decides how long the hold waits before it is left to a person. */
export type Cause = "silence" | "data" | "outage" | "deadline";

/** What to do now, and the words for the person who asks why. */
export type Verdict = { kind: Kind; reason: string; cause: Cause | null };

/** What the evidence of one service says at one poll; everything the table may look at. */
export type Facts = {
  source: "live" | "silent";
  candidate: { data: "some" | "none"; convicted: boolean; worse: boolean; charge: string };
  stable: { overBoundLately: boolean; unclear: boolean; down: boolean };
  step: StepFacts;
};

type StepFacts = {
  phase: "step" | "watch";
  certified: boolean;
  by: string;
  floorPassed: boolean;
  deadlinePassed: boolean;
  share: number;
  bound: number;
};

type Rule = { when(facts: Facts): boolean; verdict: Kind; cause?: Cause; because(facts: Facts): string };

/** First match wins. */
const table: readonly Rule[] = [
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
    when: ({ step }) => step.phase === "watch" && step.floorPassed,
    verdict: "promote",
    because: () => "the watch after 100 % has passed",
  },
  {
    when: ({ step }) => step.phase === "watch",
    verdict: "wait",
    because: () => "watching after 100 %",
  },
  {
    when: ({ step }) => step.certified && step.floorPassed,
    verdict: "promote",
    because: ({ step }) => `certified below ${percent(step.bound)} at ${step.share} % by ${step.by}`,
  },
  {
    when: ({ step }) => step.deadlinePassed,
    verdict: "hold",
    cause: "deadline",
    because: ({ step }) => `undecided at the deadline: not certified below ${percent(step.bound)} at ${step.share} %`,
  },
  {
    when: ({ step }) => step.certified,
    verdict: "wait",
    because: ({ step }) => `certified below ${percent(step.bound)}; waiting for the step's floor`,
  },
  {
    when: () => true,
    verdict: "wait",
    because: ({ step }) => `not yet certified below ${percent(step.bound)} at ${step.share} %`,
  },
];

/** The verdict that the table gives for these facts. */
export function decide(facts: Facts): Verdict {
  const rule = table.find(({ when }) => when(facts)) as Rule;
  return { kind: rule.verdict, reason: rule.because(facts), cause: rule.cause ?? null };
}

/** What is known of the step besides the evidence: `elapsed` is the time it was really looked at, in seconds. */
export type StepProgress = { step: Step; phase: "step" | "watch"; elapsed: number };

/** Reads off one service's trial what the table looks at. */
export function factsOf(trial: Trial, progress: StepProgress, at: number): Facts {
  const charges = accusations(trial);
  // what stable shares is no charge against the candidate, unless the comparison says so too
  const own = charges.filter(({ compared, shared }) => compared || !shared);
  const { bound } = progress.step;
  // in the watch, where users have been, probes stand in for a quiet night
  const unseen = withoutUsers(trial, at) && (progress.phase === "step" || withoutProbes(trial));
  return {
    source: "live",
    candidate: {
      data: unseen ? "none" : "some",
      convicted: charges.some(({ alone }) => alone),
      worse: charges.some(({ compared }) => compared),
      charge: chargeWords([...own, ...charges][0], alarmed(trial)),
    },
    stable: {
      overBoundLately: charges.length > 0 ? own.length === 0 : stableOverBoundLately(trial),
      unclear: own.length > 0 && own.every(({ compared, doubtful }) => doubtful && !compared),
      down: stableDown(trial),
    },
    step: stepFacts(progress, certified(trial, bound) && trial.step.user.requests > 0, certifiedBy(trial, bound)),
  };
}

/** The facts of a poll in which the source said nothing. */
export const silentFacts = (progress: StepProgress): Facts => ({
  source: "silent",
  candidate: { data: "some", convicted: false, worse: false, charge: "" },
  stable: { overBoundLately: false, unclear: false, down: false },
  step: stepFacts(progress, false, ""),
});

const stepFacts = ({ step, phase, elapsed }: StepProgress, certified: boolean, by: string): StepFacts => ({
  phase,
  certified,
  by,
  floorPassed: elapsed >= step.floor,
  deadlinePassed: elapsed >= step.deadline,
  share: step.share,
  bound: step.bound,
});

const severity: readonly Kind[] = ["roll-back", "hold", "wait", "promote"];

/** All services go together: the gravest verdict is everyone's, and names its service where there are several. */
export function gravest(verdicts: readonly { service: string; verdict: Verdict }[]): Verdict {
  const kind = severity.find((kind) => verdicts.some(({ verdict }) => verdict.kind === kind)) as Kind;
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
    return "the watch after 100 % sees the candidate fail more than it may";
  return words[charge][compared ? "compared" : "alone"];
};

/** A fraction as a percentage, without noise digits. */
const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(3))} %`;
