import type { Result } from "./state.ts";

/** A promotion that was, as far as the next one needs to know of it; `revisions` are the candidate's, by service. */
export type Past = {
  id: string;
  candidate: RevisionIds;
  stable: RevisionIds;
  result: Result | "running";
  byHand: boolean;
  at: number;
};

/** Revision ids by service. */
export type RevisionIds = Record<string, string>;

/** What a request for a promotion comes to. */
export type Admission = {
  kind: "begin" | "unchanged" | "refused" | "recently-good";
  reason: string;
};

/** For this long a release that had all the traffic counts as known to be good. */
const RECENTLY_GOOD_MS = 24 * 3600 * 1000;

/**
 * Decides whether a candidate may be promoted over stable, given what was promoted before (oldest first).
 * A candidate that failed on its own evidence, or was taken back by hand, is not tried again until there is a new one or a person says `retry`.
 * Going back to what had all the traffic within the last day needs no new evidence. An unfinished promotion must be finished or taken back first.
 */
export function admit(asked: {
  stable: RevisionIds;
  candidate: RevisionIds;
  history: readonly Past[];
  now: number;
  retry?: boolean;
}): Admission {
  const { stable, candidate, history, now, retry = false } = asked;
  if (same(stable, candidate))
    return { kind: "unchanged", reason: "the candidate is what stable already is: there is nothing to promote" };
  const open = history.find(({ result }) => result === "running" || result === "held");
  if (open) return { kind: "refused", reason: `promotion ${open.id} is not over: resume it or roll it back first` };
  const tried = history.findLast((past) => same(past.candidate, candidate));
  if (tried?.result === "rolled-back" && !retry) {
    const how = tried.byHand ? "was taken back by hand" : "was rolled back";
    return {
      kind: "refused",
      reason: `this candidate ${how} in promotion ${tried.id}; make a new release, or say retry to try it again`,
    };
  }
  const had = history.findLast(
    (past) => past.result === "promoted" && (same(past.candidate, candidate) || same(past.stable, candidate)),
  );
  if (had && tried?.result !== "rolled-back" && now - had.at <= RECENTLY_GOOD_MS) {
    return {
      kind: "recently-good",
      reason: `this release had all the traffic at promotion ${had.id}: it goes back without new evidence`,
    };
  }
  return { kind: "begin", reason: "a new candidate" };
}

const same = (a: RevisionIds, b: RevisionIds): boolean =>
  Object.keys({ ...a, ...b }).every((service) => a[service] === b[service]);
