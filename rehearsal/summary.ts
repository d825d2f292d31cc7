import type { Milliseconds, Seconds } from "../ecosystem/units.ts";
import type { Tally } from "../load/tally.ts";
import { addCounts, noCounts } from "../promotion/counts.ts";
import type { Event } from "../promotion/events.ts";
import type { Observation } from "../promotion/metrics-source.ts";
import type { Sample } from "../promotion/samples.ts";
import type { Outcome, StepRecord } from "../promotion/state.ts";
import { type Seen, windowsSince } from "../promotion/windows.ts";
import { kindsInWords, sampleInWords } from "../promotion/wording.ts";
import type { Fault } from "./faults.ts";
import type { Shift } from "./obstacles.ts";

/** How a rehearsal ended; see the README for what each number means. */
export type RehearsalSummary = {
  result: Outcome["result"] | "unchanged";
  reason: string;
  steps: StepRecord[];
  candidate: { userRequests: number; userErrors: number };
  /** What went wrong for users on the candidate when the promotion was rolled back or held: by kind, and the newest requests. */
  kinds: Record<string, number>;
  samples: Sample[];
  shiftErrors: number;
  movedSessions: number;
  lostSessions: number;
  seconds: Seconds;
  journal: string | null;
  report: string | null;
};

/** How long after a shift a user's failure is still attributed to it, in milliseconds. */
const AFTERMATH_MS: Milliseconds = 1000;

/** Users' requests to the candidate and their failures, including those between polls and after a restart of the edge. */
export function candidateTotals(events: readonly Event[], last: Observation): RehearsalSummary["candidate"] {
  const observations = [...events.flatMap(observationOf), last].filter((seen): seen is Seen => !seen.silent);
  let total = noCounts;
  observations.forEach((seen, i) => {
    for (const { candidate } of Object.values(windowsSince(observations[i - 1] ?? null, seen)))
      total = addCounts(total, candidate.user);
  });
  return { userRequests: total.requests, userErrors: total.failures };
}

/** The kinds and samples of the last verdict that had any. */
export function whatFailed(events: readonly Event[]): Pick<RehearsalSummary, "kinds" | "samples"> {
  const verdicts = events.filter((event) => event.event === "judged");
  return {
    kinds: verdicts.findLast(({ verdict }) => verdict.kinds)?.verdict.kinds ?? {},
    samples: verdicts.findLast(({ samples }) => samples)?.samples ?? [],
  };
}

/** Other explanations of a failure than a shift: an injected fault, or a server that died (in milliseconds since the epoch). */
type Excuses = { fault: Fault | null; stableIds: readonly string[]; diedAt: number | null };

/**
 * Users' failures caused by the shifts themselves: those during a shift, or in the second after it, without another explanation.
 * A faulty candidate's failures count as the fault's, even if the edge answered and the revision is unknown.
 */
export function shiftErrors(
  { failuresLog }: Tally,
  shifts: readonly Shift[],
  { fault, stableIds, diedAt }: Excuses,
): number {
  const near = (at: number) => shifts.some(({ from, to }) => at >= from && at <= to + AFTERMATH_MS);
  const broken = (revision: string | null) =>
    fault !== null && (fault.kind === "outage" || revision === null || !stableIds.includes(revision));
  const afterDeath = (at: number) => diedAt !== null && at >= diedAt - AFTERMATH_MS;
  return failuresLog.filter(
    ({ at, injected, revision }) => near(at) && !injected && !broken(revision) && !afterDeath(at),
  ).length;
}

/** The time between the first and the last event, in seconds. */
export const lasted = (events: readonly Event[]): number => ((events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0)) / 1000;

/** The summary when there is nothing to promote. */
export const unchanged = (reason: string): RehearsalSummary => ({
  result: "unchanged",
  reason,
  steps: [],
  candidate: { userRequests: 0, userErrors: 0 },
  kinds: {},
  samples: [],
  shiftErrors: 0,
  movedSessions: 0,
  lostSessions: 0,
  seconds: 0,
  journal: null,
  report: null,
});

/** So many of the samples are shown to people; the JSON and the journal have them all. */
const SHOWN = 3;

const headlines: Record<RehearsalSummary["result"], string> = {
  promoted: "PROMOTED: the candidate has all the traffic.",
  "rolled-back": "ROLLED BACK: stable has all the traffic.",
  held: "HELD: no decision; a person needs to look.",
  unchanged: "UNCHANGED: nothing was started.",
};

/** The summary as text. */
export function inWords(summary: RehearsalSummary): string {
  const {
    result,
    reason,
    candidate,
    kinds,
    samples,
    movedSessions,
    lostSessions,
    shiftErrors,
    seconds,
    journal,
    report,
  } = summary;
  const lines = [headlines[result], `  why       ${reason}`];
  if (result === "unchanged") return lines.join("\n");
  return [
    ...lines,
    `  users     ${candidate.userRequests} requests reached the candidate, ${candidate.userErrors} of them failed; ${shiftErrors} failures caused by shifts`,
    ...(Object.keys(kinds).length > 0 ? [`  failed    ${kindsInWords(kinds)}`] : []),
    ...samples.slice(-SHOWN).map((sample) => `            ${sampleInWords(sample)}`),
    `  sessions  ${movedSessions} moved, ${lostSessions} lost`,
    `  took      ${Math.round(seconds)} s`,
    `  report    ${report}`,
    `  journal   ${journal}`,
  ].join("\n");
}

const observationOf = (event: Event): Observation[] =>
  event.event === "judged" ? [event.seen] : event.event === "in-force" ? [event.baseline] : [];
