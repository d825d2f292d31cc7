import type { RevisionRole } from "../ecosystem/revision-role.ts";
import { type Milliseconds, type Percent, type Seconds, toMilliseconds, toSeconds } from "../ecosystem/units.ts";
import { addCounts, type Counts, noCounts, type ServiceCounts } from "./counts.ts";
import type { Begun, Event } from "./events.ts";
import {
  afterPause,
  bestCertificate,
  type CandidateEvidence,
  inOutage,
  observeEvidence,
  startBake,
  startEvidence,
  startStep,
  userRate,
} from "./evidence/candidate.ts";
import type { Source } from "./evidence/test-window.ts";
import type { Observation } from "./metrics-source.ts";
import type { Plan, Step } from "./plan.ts";
import {
  decide,
  factsOf,
  gravest,
  type HoldCause,
  silentFacts,
  type Verdict,
  type VerdictKind,
  withKinds,
} from "./verdict.ts";
import { addWindows, type Seen, windowsSince } from "./windows.ts";

export type Result = "promoted" | "rolled-back" | "held";
export type PromotionOutcome = { result: Result; reason: string };

/** The record of one step, with the users' counts of both revisions and separately the probes'; `certified` is the lowest failure rate (a fraction) that the counts certify for every service, or null. */
export type StepRecord = {
  share: Percent;
  seconds: Seconds;
  verdict: VerdictKind;
  reason: string;
  candidate: Counts;
  stable: Counts;
  probes: Record<RevisionRole, Counts>;
  certified: number | null;
};

/** The state folded from a journal: the promotion's progress, and everything the next decision needs. */
export type State = {
  plan: Plan;
  begun: Begun;
  smoked: boolean;
  /** The index of the step; `steps.length` is the bake after the last one. */
  position: number;
  wanted: number;
  inForce: number | null;
  outcome: PromotionOutcome | null;
  verdict: Verdict | null;
  /** When the share took effect, the time of the last poll, and how long the step has been observed (ms). */
  since: Milliseconds;
  polledAt: Milliseconds;
  elapsed: Milliseconds;
  /** The current hold: its cause, and since when. */
  hold: { cause: HoldCause | null; since: number } | null;
  seen: Seen | null;
  carried: Record<string, ServiceCounts>;
  evidence: Record<string, CandidateEvidence>;
  steps: StepRecord[];
  drained: boolean;
  retired: boolean;
};

/** The state right after a promotion has begun. */
const begin = (begun: Begun): State => ({
  plan: begun.plan,
  begun,
  smoked: false,
  position: -1,
  wanted: 0,
  inForce: null,
  outcome: null,
  verdict: null,
  since: begun.at,
  polledAt: begun.at,
  elapsed: 0,
  hold: null,
  seen: null,
  carried: {},
  evidence: evidenceFor(begun),
  steps: [],
  drained: false,
  retired: false,
});

/** The state after a journal's events, of which the first is its beginning. */
export const fold = ([begun, ...events]: readonly [Begun, ...Event[]]): State => events.reduce(step, begin(begun));

/** The state after one more event. Pure: the same events always give the same state. */
export function step(state: State, event: Event): State {
  switch (event.event) {
    case "begun":
      throw new Error(
        `promotion ${state.begun.id} has already begun; its journal has a second beginning, of ${event.id}`,
      );
    case "smoked":
      return event.passed
        ? { ...state, smoked: true, position: 0, wanted: shareAt(state.plan, 0) }
        : { ...state, outcome: { result: "rolled-back", reason: event.reason } };
    case "in-force":
      return inForce(state, event);
    case "judged":
      return judged(observed(state, event.seen, event.at), event.verdict, event.at);
    case "moved":
      return {
        ...state,
        inForce: event.share,
        wanted: event.share, // a manual change stays until a person decides
        outcome: {
          result: "held",
          reason: `traffic was changed outside the promoter: ${event.share} % is in force instead of ${state.wanted} %`,
        },
      };
    case "ordered-back":
      return { ...state, wanted: 0, outcome: { result: "rolled-back", reason: event.reason } };
    case "resumed":
      return resumed(state, event.at);
    case "drained":
      return { ...state, drained: true };
    case "retired":
      return { ...state, retired: true };
  }
}

/** The verdict on the state after the observation `seen` at `at`: the gravest over all services. */
export function judge(before: State, seen: Observation, at: number): Verdict {
  const state = observed(before, seen, at);
  const phase = state.wanted !== state.inForce ? "shift" : baking(state) ? "bake" : "step";
  const progress = {
    step: currentStep(state),
    margin: state.plan.margin,
    phase,
    elapsed: toSeconds(state.elapsed),
  } as const;
  if (seen.silent) {
    const verdict = decide(silentFacts(progress));
    return { ...verdict, reason: `${verdict.reason} (${seen.why})` };
  }
  return gravest(
    Object.entries(state.evidence).map(([service, evidence]) => ({
      service,
      verdict: withKinds(decide(factsOf(evidence, progress, at)), evidence),
    })),
  );
}

/** The promotion's current step; the bake is a last step that only takes time. */
export function currentStep({ plan, position }: State): Step {
  const step = plan.steps[position];
  if (step) return step;
  const last = plan.steps.at(-1) as Step;
  const minDuration = plan.bake.reduce((sum, stretch) => sum + stretch.for, 0);
  return { ...last, minDuration, maxDuration: Number.POSITIVE_INFINITY };
}

/** True while the promotion is in the bake after 100 %. */
export const baking = ({ plan, position }: State): boolean => position >= plan.steps.length;

/** Time until the next poll, in milliseconds. */
export function pollMs(state: State): Milliseconds {
  if (!baking(state)) return toMilliseconds(state.plan.poll);
  let passed = toSeconds(state.elapsed);
  for (const stretch of state.plan.bake) {
    if (passed < stretch.for) return toMilliseconds(stretch.poll);
    passed -= stretch.for;
  }
  return toMilliseconds(state.plan.poll);
}

/** With fewer user requests per second on the candidate, certifying 0.1 % would take longer than ten minutes. */
const FEW_USERS = 5;

/** The probe calls per second that each revision needs: one, so that both always have data; twenty when users are too few. */
export function probesNeeded(state: State): number {
  const evidence = Object.values(state.evidence);
  const few = state.polledAt - state.begun.at >= 30_000 && evidence.some((evidence) => userRate(evidence) < FEW_USERS);
  // at 100 % only probes show whether stable shares a failure, so there are many during the closely polled part of the bake
  const alone = state.wanted === 100 && pollMs(state) <= toMilliseconds(state.plan.poll);
  return few || alone ? 20 : 1;
}

/** The current step's record, for the screen and the report. */
export function stepRecord(state: State): StepRecord {
  const evidence = Object.values(state.evidence);
  const bounds = evidence.map(bestCertificate);
  const sum = (role: RevisionRole, source: Source) =>
    evidence.map(({ step }) => step[role][source]).reduce(addCounts, noCounts);
  return {
    share: state.inForce ?? 0,
    seconds: toSeconds(state.polledAt - state.since),
    verdict: state.verdict?.kind ?? "wait",
    reason: state.verdict?.reason ?? "",
    candidate: sum("candidate", "user"),
    stable: sum("stable", "user"),
    probes: { candidate: sum("candidate", "probe"), stable: sum("stable", "probe") },
    certified: bounds.includes(null) ? null : Math.max(...(bounds as number[])),
  };
}

const shareAt = (plan: Plan, position: number): number => plan.steps[position]?.share ?? 100;

/** Only services whose revisions differ are judged; they share the promotion's error probability. */
function evidenceFor({ revisions, at, plan }: Begun): Record<string, CandidateEvidence> {
  const changed = revisions.filter(({ stable, candidate }) => stable !== candidate);
  return Object.fromEntries(
    changed.map(({ service }) => [service, startEvidence(at, 1 / changed.length, plan.margin)]),
  );
}

function inForce(state: State, { share, baseline, at }: Extract<Event, { event: "in-force" }>): State {
  const windows = baseline.silent ? {} : windowsSince(state.seen, baseline);
  return {
    ...state,
    inForce: share,
    since: at,
    polledAt: at,
    elapsed: 0,
    seen: baseline.silent ? null : baseline, // counts from the previous share must not certify this one
    carried: addWindows(state.carried, windows),
    evidence: mapEvidence(state.evidence, (evidence) => startStep(evidence, at)),
  };
}

/** The state after one poll's observation, before a decision. */
function observed(before: State, seen: Observation, at: number): State {
  // only observed time counts towards a step: a pause of the promoter or the source does not
  const gap = at - before.polledAt;
  const paused = gap > 3 * pollMs(before);
  const state = paused ? afterPauseOf(before, at) : before;
  if (seen.silent) return { ...state, polledAt: at };
  const windows = windowsSince(state.seen, seen);
  const looked = state.verdict?.kind === "hold" || paused ? 0 : gap;
  return {
    ...state,
    seen,
    carried: {},
    polledAt: at,
    elapsed: state.elapsed + looked,
    evidence: mapEvidence(state.evidence, (evidence, service) => {
      const counts = windows[service];
      return counts ? observeEvidence(evidence, { at, counts }, state.carried[service]) : evidence;
    }),
  };
}

function judged(state: State, verdict: Verdict, at: number): State {
  const next: State = { ...state, verdict, hold: holdAfter(state, verdict, at) };
  switch (verdict.kind) {
    case "wait":
      return next;
    case "roll-back":
      return { ...withRecord(next), wanted: 0, outcome: { result: "rolled-back", reason: verdict.reason } };
    case "hold":
      return held(next, verdict, at);
    case "promote":
      return baking(state)
        ? { ...next, outcome: { result: "promoted", reason: "the bake after 100 % is complete" } }
        : climbed(withRecord(next));
  }
}

const holdAfter = (state: State, { kind, cause }: Verdict, at: number): State["hold"] =>
  kind !== "hold" ? null : state.hold?.cause === cause ? state.hold : { cause, since: at };

function held(state: State, { cause, reason }: Verdict, at: number): State {
  const evidence = cause === "outage" ? mapEvidence(state.evidence, inOutage) : state.evidence;
  const seconds = toSeconds(at - (state.hold?.since ?? at));
  // after the maximum duration there is nothing left to wait for
  const timeout = cause === null || cause === "deadline" ? 0 : state.plan.holdTimeouts[cause];
  if (seconds < timeout) return { ...state, evidence };
  const after = timeout > 0 ? ` (held for ${Math.round(seconds)} s)` : "";
  // a share that could not be put in force must not take effect later, unattended
  const wanted = state.inForce ?? state.wanted;
  return { ...withRecord({ ...state, evidence, wanted }), outcome: { result: "held", reason: `${reason}${after}` } };
}

function climbed(state: State): State {
  const position = state.position + 1;
  const next = { ...state, position, wanted: shareAt(state.plan, position), verdict: null };
  if (!baking(next)) return next;
  const length = currentStep(next).minDuration;
  const evidence = mapEvidence(next.evidence, startBake);
  // the certificate at 100 % carries over: the bake only takes time
  const bake: State = { ...next, evidence, since: state.polledAt, elapsed: 0 };
  return length > 0 ? bake : { ...bake, outcome: { result: "promoted", reason: state.verdict?.reason ?? "" } };
}

/** Resumes where the promotion stopped; the pause does not count as time, and hold timeouts and durations restart. */
function resumed(state: State, at: number): State {
  const next = { ...afterPauseOf(state, at), polledAt: at };
  if (state.outcome?.result !== "held") return next;
  return { ...next, wanted: shareAt(state.plan, state.position), outcome: null, verdict: null, elapsed: 0 };
}

const afterPauseOf = (state: State, at: number): State => ({
  ...state,
  hold: null,
  evidence: mapEvidence(state.evidence, (evidence) => afterPause(evidence, at)),
});

const withRecord = (state: State): State => ({ ...state, steps: [...state.steps, stepRecord(state)] });

const mapEvidence = (
  evidence: State["evidence"],
  change: (evidence: CandidateEvidence, service: string) => CandidateEvidence,
): State["evidence"] =>
  Object.fromEntries(Object.entries(evidence).map(([service, evidence]) => [service, change(evidence, service)]));
