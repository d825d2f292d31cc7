import type { Begun, Event } from "../promotion/events.ts";
import { certifiedBy } from "../promotion/evidence/candidate.ts";
import { baking, currentStep, fold, type State, type StepRecord, step, stepRecord } from "../promotion/state.ts";
import type { VerdictKind } from "../promotion/verdict.ts";

/** One thing that happened; `what` is a verdict's kind, or the event's name. */
export type Entry = { at: number; share: number; what: VerdictKind | Exclude<Event["event"], "judged">; words: string };

/** A step as it went, the bake as the last one; `by` says whose requests certified it, and is null where it was not certified. */
export type StepRow = StepRecord & { bake: boolean; bound: number; users: number; probes: number; by: string | null };

/** What happened, in order: changes only. `holds` are time spans in milliseconds since the epoch; `end` is the last event. */
export type Chronicle = {
  state: State;
  entries: Entry[];
  rows: StepRow[];
  holds: [from: number, to: number][];
  end: number;
  /** From the decision to go back until stable had all new sessions again; null where that did not happen. */
  backMs: number | null;
};

/** Retells the events of a promotion, with the promotion's own fold. */
export function chronicle([begun, ...events]: readonly [Begun, ...Event[]]): Chronicle {
  const entries: Entry[] = [{ at: begun.at, share: 0, what: "begun", words: beginning(begun) }];
  const rows: StepRow[] = [];
  const holds: Chronicle["holds"] = [];
  let before = fold([begun]);
  let end = begun.at;
  let decided: number | null = null;
  let backMs: number | null = null;
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

/** Polls are news only where they change the verdict. */
const isNews = (event: Event, { verdict }: State): boolean =>
  event.event !== "judged" || event.verdict.kind !== verdict?.kind || event.verdict.reason !== verdict.reason;

/** The record of the step that this event ended: the fold's own, or what stood when it ended without a judgement of its own. */
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
  const sources = all.map((evidence) => certifiedBy(evidence, bound));
  const sum = (source: "user" | "probe") => all.reduce((total, { step }) => total + step[source].requests, 0);
  return {
    ...record,
    bake: baking(before),
    bound,
    users: sum("user"),
    probes: sum("probe"),
    by: (record.certified ?? 1) <= bound ? leastReal(sources) : null,
  };
}

/** Of several services, the one that the fewest users speak for. */
const leastReal = (sources: readonly ReturnType<typeof certifiedBy>[]) =>
  (["probes", "users and probes"] as const).find((source) => sources.includes(source)) ?? "users";

function inWords(event: Event): string {
  switch (event.event) {
    case "begun":
      return beginning(event);
    case "smoked":
      return `the smoke tests at 0 % ${event.passed ? "passed" : "failed"}: ${event.reason}`;
    case "in-force":
      return event.share > 0
        ? `${event.share} % of new sessions go to the candidate`
        : "0 % is in force: every new session goes to stable";
    case "judged":
      return event.verdict.reason;
    case "moved":
      return `somebody moved the traffic: ${event.share} % is in force`;
    case "ordered-back":
      return event.reason;
    case "resumed":
      return event.note;
    case "drained":
      return event.ended === "quiet"
        ? "nothing was in flight on the old revision any more"
        : `the time to drain was over; ${event.openRequests} requests were still open on the old revision`;
    case "retired":
      return "the old revision left the edge";
  }
}

const beginning = ({ revisions, plan }: Begun): string =>
  `plan "${plan.name}": ${revisions.map(({ stable, candidate }) => `${candidate} wants the traffic of ${stable}`).join(", ")}`;
