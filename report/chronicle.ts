import type { Milliseconds, Percent } from "../ecosystem/units.ts";
import type { Begun, Event } from "../promotion/events.ts";
import { certificate } from "../promotion/evidence/candidate.ts";
import { baking, currentStep, fold, type State, type StepRecord, step, stepRecord } from "../promotion/state.ts";
import type { VerdictKind } from "../promotion/verdict.ts";
import { revisionName } from "../promotion/wording.ts";

/** One entry of the timeline; `what` is a verdict's kind, or the event's name. */
export type Entry = {
  at: number;
  share: Percent;
  what: VerdictKind | Exclude<Event["event"], "judged">;
  words: string;
};

/** A step's result, the bake as the last one; `by` says whose requests certified it, null if it was not certified. */
export type StepRow = StepRecord & { bake: boolean; bound: number; by: string | null };

/** The timeline, changes only. `holds` are time spans in milliseconds since the epoch; `end` is the last event. */
export type Chronicle = {
  state: State;
  entries: Entry[];
  rows: StepRow[];
  holds: [from: number, to: number][];
  end: number;
  /** From the decision to roll back until stable had all new sessions again; null if that did not happen. */
  backMs: Milliseconds | null;
};

/** The chronicle of a promotion's events, using the promotion's own fold. */
export function chronicle([begun, ...events]: readonly [Begun, ...Event[]]): Chronicle {
  const entries: Entry[] = [{ at: begun.at, share: 0, what: "begun", words: beginning(begun) }];
  const rows: StepRow[] = [];
  const holds: Chronicle["holds"] = [];
  let before = fold([begun]);
  let end = begun.at;
  let decided: number | null = null;
  let backMs: Milliseconds | null = null;
  for (const event of events) {
    const after = step(before, event);
    const what = event.event === "judged" ? event.verdict.kind : event.event;
    if (isNews(event, before)) entries.push({ at: event.at, share: after.inForce ?? 0, what, words: inWords(event) });
    const record = newRecord(event, before, after);
    if (record) rows.push(stepRow(record, before, after));
    if (before.hold) holds.push([(holds.pop() as [number, number])[0], event.at]);
    if (after.hold && after.hold !== before.hold) holds.push([event.at, event.at]);
    if (after.wanted === 0 && before.wanted !== 0) decided = event.at;
    if (event.event === "in-force" && event.share === 0 && decided !== null) backMs ??= event.at - decided;
    before = after;
    end = event.at;
  }
  if (before.smoked && !before.outcome) rows.push(stepRow(stepRecord(before), before, before));
  return { state: before, entries, rows, holds, end, backMs };
}

/** Polls are entries only if they change the verdict. */
const isNews = (event: Event, { verdict }: State): boolean =>
  event.event !== "judged" || event.verdict.kind !== verdict?.kind || event.verdict.reason !== verdict.reason;

/** The record of the step that this event ended: the fold's own, or the current one if it ended without a verdict. */
function newRecord(event: Event, before: State, after: State): StepRecord | undefined {
  if (after.steps.length > before.steps.length) return after.steps.at(-1);
  if (!after.outcome || before.outcome || !before.smoked) return undefined;
  const verdict = { promoted: "promote", held: "hold", "rolled-back": "roll-back" } as const;
  const { result, reason } = after.outcome;
  return { ...stepRecord(event.event === "judged" ? after : before), verdict: verdict[result], reason };
}

function stepRow(record: StepRecord, before: State, { evidence }: State): StepRow {
  const { maxErrorRate: bound } = currentStep(before);
  const all = Object.values(evidence);
  const certificates = all.map((evidence) => certificate(evidence, bound));
  return {
    ...record,
    bake: baking(before),
    bound,
    by: certificates.includes(null) ? null : leastReal(certificates.map((one) => one?.by)),
  };
}

/** Of several services, the source with the least evidence from users. */
const leastReal = (sources: readonly (string | undefined)[]) =>
  sources.includes("users and probes") ? "users and probes" : "users";

function inWords(event: Event): string {
  switch (event.event) {
    case "begun":
      return beginning(event);
    case "smoked":
      return `smoke tests at 0 % ${event.passed ? "passed" : "failed"}: ${event.reason}`;
    case "in-force":
      return event.share > 0
        ? `${event.share} % of new sessions go to the candidate`
        : "0 % is in force: all new sessions go to stable";
    case "judged":
      return event.verdict.reason;
    case "moved":
      return `the traffic was shifted outside the promotion: ${event.share} % is in force`;
    case "ordered-back":
      return event.reason;
    case "resumed":
      return event.note;
    case "drained":
      return event.ended === "quiet"
        ? "the old revision is drained"
        : `drain timeout reached with ${event.openRequests} requests still open on the old revision`;
    case "retired":
      return "the old revision is removed from the edge";
  }
}

const beginning = ({ revisions, plan }: Begun): string =>
  `plan "${plan.name}": ${revisions.map((one) => `${revisionName(one, "candidate")} over ${revisionName(one, "stable")}`).join(", ")}`;
