import { type Percent, type Seconds, toSeconds } from "../ecosystem/units.ts";
import type { Counts } from "../promotion/counts.ts";
import type { Event } from "../promotion/events.ts";
import { certificateEvidence } from "../promotion/evidence/candidate.ts";
import { alphas } from "../promotion/evidence/test-window.ts";
import { baking, currentStep, type State, type StepRecord, stepRecord } from "../promotion/state.ts";
import type { Verdict } from "../promotion/verdict.ts";
import { candidateNames, outcomesInWords, percent } from "../promotion/wording.ts";
import { clockTime, count, percentUp } from "../report/format.ts";

/** One line about what an event changed; null if it changed nothing worth showing. `before` is the previous state, if known. */
export function news(before: State | null, state: State, event: Event): string | null {
  switch (event.event) {
    case "begun":
      return null;
    case "smoked":
      return event.passed ? `✔ smoke tests at 0 %: ${event.reason}` : `▼ ${event.reason}`;
    case "in-force":
      return shareNews(state, event.share);
    case "judged":
      return verdictNews(before, state, event.verdict);
    case "moved":
      return `■ held: ${state.outcome?.reason}`;
    case "ordered-back":
      return `▼ rolled back by hand: ${event.reason}`;
    case "resumed":
      return `→ ${event.note}`;
    case "drained":
      return event.ended === "quiet"
        ? "✔ the old revision is drained"
        : `■ drain timeout reached with ${count(event.openRequests)} requests still open on the old revision`;
    case "retired":
      return "✔ the old revision is removed from the edge";
  }
}

function shareNews(state: State, share: Percent): string | null {
  if (share > 0) return `→ ${share} % of new sessions go to ${candidateNames(state.begun)}`;
  return state.outcome ? "→ 0 % is in force: all new sessions go to stable" : null;
}

/** A step's first verdict is always to wait, so it is not shown. */
function verdictNews(before: State | null, state: State, { kind, reason }: Verdict): string | null {
  if (kind === "promote" || state.outcome) return ended(state);
  if (kind === "hold") return before?.verdict?.reason === reason ? null : `■ held: ${reason}`;
  if (!before?.verdict || before.verdict.reason === reason) return null;
  return `${before.verdict.kind === "hold" ? "→ continues" : "· waiting"}: ${reason}`;
}

/** One line about a finished step. */
function ended(state: State): string {
  const { outcome } = state;
  if (outcome?.result === "promoted") return `▲ promoted: ${outcome.reason}`;
  const record = state.steps.at(-1) as StepRecord;
  const { share, seconds, certified } = record;
  if (outcome?.result === "rolled-back") return `▼ rolled back at ${share} %: ${outcome.reason}; ${failures(record)}`;
  if (outcome) return `■ held at ${share} %, needs a person: ${outcome.reason}; ${failures(record)}`;
  const below = `below ${percentUp(certified ?? 1)}`;
  return `▲ ${share} % took ${clockTime(seconds)}: certified ${below}; ${failures(record)}`;
}

const failures = ({ candidate, stable }: StepRecord): string =>
  `users: candidate ${outcomesInWords(candidate)}; stable ${outcomesInWords(stable)}`;

/** A promotion's status between two events: the step, the counts, the certificate, what comes next. Empty once it is over. */
export function status(state: State): string[] {
  const { wanted, inForce, outcome, smoked, plan, drained, retired } = state;
  if (wanted !== inForce) return [`shifting to ${wanted} %`];
  if (outcome?.result === "promoted" && !retired)
    return [
      drained
        ? "removing the old revision from the edge"
        : `draining the old revision, at most ${clockTime(plan.drain)}`,
    ];
  if (outcome) return [];
  if (!smoked) return [`smoke tests of ${candidateNames(state.begun)} at 0 %`];
  const record = stepRecord(state);
  return [
    `${where(state)}, ${clockTime(record.seconds)} in force`,
    revision("stable", record.stable),
    revision("candidate", record.candidate),
    `probes     candidate: ${outcomesInWords(record.probes.candidate)}; stable: ${outcomesInWords(record.probes.stable)}`,
    `certified  ${certificate(state, record)}`,
    ...(baking(state) ? [] : [`evidence   ${evidence(state)}`]),
    `next       ${next(state)}`,
  ];
}

/** The status in one line, for a log; null when there is nothing to wait for. */
export function statusLine(state: State): string | null {
  const { wanted, inForce, outcome, smoked, hold } = state;
  if (wanted !== inForce || outcome || !smoked) return null;
  const record = stepRecord(state);
  const what = hold ? held(state, hold) : `certified ${certificate(state, record)}`;
  return `${where(state)}: ${what}; ${failures(record)}`;
}

const where = (state: State): string =>
  baking(state) ? "bake at 100 %" : `${state.inForce} %, step ${state.position + 1} of ${state.plan.steps.length}`;

function revision(name: string, counts: Counts): string {
  const { requests, failures } = counts;
  const rate = failures > 0 ? ` (${percent(failures / requests)})` : "";
  return `${name.padEnd(9)}  users: ${outcomesInWords(counts)}${rate}`;
}

function certificate(state: State, { certified }: StepRecord): string {
  const below = certified === null ? "nothing yet" : `below ${percentUp(certified)}`;
  return baking(state) ? below : `${below}, ${percent(currentStep(state).maxErrorRate)} required`;
}

/** The weakest service's progress towards its certificate. */
function evidence(state: State): string {
  const { maxErrorRate: bound } = currentStep(state);
  const needed = 1 / alphas.certificate;
  const weakest = Math.min(...Object.values(state.evidence).map((evidence) => certificateEvidence(evidence, bound)));
  return `${Math.min(weakest, needed).toFixed(1)} of ${needed} (${percent(1 - alphas.certificate)} confidence)`;
}

function next(state: State): string {
  const { plan, position, hold, elapsed } = state;
  const { minDuration, maxDuration } = currentStep(state);
  const left = (seconds: Seconds) => clockTime(seconds - toSeconds(elapsed));
  if (hold) return held(state, hold);
  if (baking(state)) return `promoted in ${left(minDuration)}, if the candidate stays healthy`;
  const share = plan.steps[position + 1]?.share;
  const soonest = toSeconds(elapsed) < minDuration ? `, in ${left(minDuration)} at the earliest` : "";
  return `${share === undefined ? "the bake" : `${share} %`} once certified${soonest}; needs a person in ${left(maxDuration)}`;
}

function held({ plan, polledAt }: State, { cause, since }: NonNullable<State["hold"]>): string {
  const timeout = cause && cause !== "deadline" ? plan.holdTimeouts[cause] : 0;
  return `held for ${clockTime((polledAt - since) / 1000)}, needs a person after ${clockTime(timeout)}`;
}
