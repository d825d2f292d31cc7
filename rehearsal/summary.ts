import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds, Seconds } from "../ecosystem/units.ts";
import type { Tally } from "../load/tally.ts";
import type { Begun, Event } from "../promotion/events.ts";
import { observationsOf, totalsOf } from "../promotion/failures.ts";
import type { Observation } from "../promotion/metrics-source.ts";
import type { Sample } from "../promotion/samples.ts";
import type { PromotionOutcome, StepRecord } from "../promotion/state.ts";
import { kindsInWords, sampleInWords, versionName } from "../promotion/wording.ts";
import { count } from "../report/format.ts";
import type { Fault } from "./faults.ts";
import { losesMore, type SessionCounts } from "./lost-sessions.ts";
import type { Shift } from "./obstacles.ts";

/** How a rehearsal ended; see the README for what each number means. */
export type RehearsalSummary = {
  result: PromotionOutcome["result"] | "unchanged";
  reason: string;
  /** The revisions of each service, with their versions. */
  revisions: Begun["revisions"];
  steps: StepRecord[];
  candidate: { userRequests: number; userErrors: number; userRefused: number };
  /** What went wrong for users on the candidate when the promotion was rolled back or held: by kind, and the newest requests. */
  kinds: Record<string, number>;
  samples: Sample[];
  shiftErrors: number;
  movedSessions: number;
  lostSessions: number;
  /** Users' sessions by revision, and those that the edge ended at a rollback or when the old revision retired. */
  sessions: Record<RevisionRole, SessionCounts> & { ended: number };
  /** What a person should look at although the candidate was promoted. */
  warnings: string[];
  seconds: Seconds;
  journal: string | null;
  report: string | null;
};

/** How long after a shift a connection's failure is still attributed to it, in milliseconds. */
const AFTERMATH_MS: Milliseconds = 1000;

/** Users' requests to the candidate and what they came to, including those between polls and after a restart of the edge. */
export function candidateTotals(events: readonly Event[], last: Observation): RehearsalSummary["candidate"] {
  const { user } = totalsOf([...observationsOf(events), last]).candidate;
  return { userRequests: user.requests, userErrors: user.failures, userRefused: user.refused };
}

/** Other explanations of a failure than a shift: an injected fault, or a server that died (in milliseconds since the epoch). */
type Excuses = { fault: Fault | null; stableIds: readonly string[]; diedAt: number | null };

/**
 * Users' failures caused by the shifts themselves: connections that failed or broke, and errors of the edge, during a shift or in the
 * second after it, without another explanation. What a server answered no shift can cause. A faulty candidate's failures count as the
 * fault's, even if the edge answered and the revision is unknown.
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
    ({ at, cause, injected, revision }) =>
      cause !== "other" && near(at) && !injected && !broken(revision) && !afterDeath(at),
  ).length;
}

/** The users' sessions by revision; `stableIds` are the ids of the stable revisions. */
export function sessionsByRole(
  { byRevision, endedSessions }: Tally,
  stableIds: readonly string[],
): RehearsalSummary["sessions"] {
  const of = (role: RevisionRole): SessionCounts => {
    const all = Object.entries(byRevision).filter(([id]) => stableIds.includes(id) === (role === "stable"));
    const sum = (key: "sessions" | "lostSessions") => all.reduce((total, [, one]) => total + one[key], 0);
    return { opened: sum("sessions"), lost: sum("lostSessions") };
  };
  return { stable: of("stable"), candidate: of("candidate"), ended: endedSessions };
}

/** What a promoted candidate did to its users that no count of the edge convicted. */
export function warningsOf(
  result: RehearsalSummary["result"],
  { stable, candidate }: RehearsalSummary["sessions"],
): string[] {
  if (result !== "promoted" || !losesMore({ stable, candidate })) return [];
  return [
    `the candidate lost ${lost(candidate)} of its users, stable ${lost(stable)}, although the edge counted nothing that convicts it: roll back, or find out why`,
  ];
}

const lost = ({ lost, opened }: SessionCounts): string => `${count(lost)} of ${count(opened)} sessions`;

/** The time between the first and the last event, in seconds. */
export const lasted = (events: readonly Event[]): number => ((events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0)) / 1000;

/** The summary when there is nothing to promote. */
export const unchanged = (reason: string): RehearsalSummary => ({
  result: "unchanged",
  reason,
  revisions: [],
  steps: [],
  candidate: { userRequests: 0, userErrors: 0, userRefused: 0 },
  kinds: {},
  samples: [],
  shiftErrors: 0,
  movedSessions: 0,
  lostSessions: 0,
  sessions: { stable: { opened: 0, lost: 0 }, candidate: { opened: 0, lost: 0 }, ended: 0 },
  warnings: [],
  seconds: 0,
  journal: null,
  report: null,
});

/** So many of the samples are shown to people; the JSON, the journal and the report have them all. */
const SHOWN = 3;

const words: Record<RehearsalSummary["result"], string> = {
  promoted: "PROMOTED",
  "rolled-back": "ROLLED BACK",
  held: "HELD",
  unchanged: "UNCHANGED",
};

function headline({ result, revisions, warnings }: RehearsalSummary): string {
  const names = (role: RevisionRole) => revisions.map((one) => versionName(one, role)).join(" and ");
  const sentences: Record<RehearsalSummary["result"], string> = {
    promoted: `${names("candidate")} has all the traffic.`,
    "rolled-back": `${names("stable")} has all the traffic.`,
    held: `no decision on ${names("candidate")}; a person needs to look.`,
    unchanged: "nothing was started.",
  };
  return `${words[result]}${warnings.length > 0 ? " WITH WARNINGS" : ""}: ${sentences[result]}`;
}

/** The summary as text; `alarm` marks the lines that report harm, in red on a terminal. */
export function inWords(summary: RehearsalSummary, alarm: (line: string) => string = (line) => line): string {
  const { result, reason, candidate, kinds, samples, shiftErrors, warnings } = summary;
  const lines = [headline(summary), `  why       ${reason}`];
  if (result === "unchanged") return lines.join("\n");
  const refused = candidate.userRefused > 0 ? `, ${candidate.userRefused} refused` : "";
  const shifts = `  shifts    ${shiftErrors} failures of users caused by shifts`;
  return [
    ...lines,
    ...warnings.map((warning) => alarm(`  warning   ${warning}`)),
    `  users     ${candidate.userRequests} requests reached the candidate: ${candidate.userErrors} failed${refused}`,
    ...(Object.keys(kinds).length > 0 ? [`  failed    ${kindsInWords(kinds)}`] : []),
    ...samples.slice(-SHOWN).map((sample) => `            ${sampleInWords(sample, summary.revisions)}`),
    shiftErrors > 0 ? alarm(shifts) : shifts,
    sessionsInWords(summary, alarm),
    `  took      ${Math.round(summary.seconds)} s`,
    `  report    ${summary.report}`,
    `  journal   ${summary.journal}`,
  ].join("\n");
}

/** Sessions that a rollback or a drain ended are no harm; the others are. */
function sessionsInWords(
  { movedSessions, lostSessions, sessions: { stable, candidate, ended } }: RehearsalSummary,
  alarm: (line: string) => string,
): string {
  const where = lostSessions > 0 ? ` (candidate ${lost(candidate)}, stable ${lost(stable)})` : "";
  const line = `  sessions  ${movedSessions} moved, ${lostSessions} lost${where}; ${ended} ended by a rollback or drain`;
  return movedSessions + lostSessions > 0 ? alarm(line) : line;
}
