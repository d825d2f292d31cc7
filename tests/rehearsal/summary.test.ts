import { describe, expect, test } from "vitest";
import {
  countFailure,
  countLostSession,
  countRequest,
  countSession,
  emptyTally,
  type Failure,
} from "../../load/tally.ts";
import { inWords, type RehearsalSummary, sessionsByRole, shiftErrors, warningsOf } from "../../rehearsal/summary.ts";

const shifts = [{ from: 1000, to: 1200 }];
const nothingElse = { fault: null, stableIds: ["files-a"], diedAt: null };
const failure = (change: Partial<Failure>): Failure => ({
  at: 1100,
  service: "files",
  revision: null,
  injected: false,
  cause: "connection",
  what: "tools/call: ECONNRESET",
  ...change,
});

describe("a shift is to blame for", () => {
  test.each<[string, Partial<Failure>, number]>([
    ["a connection that breaks during it", {}, 1],
    ["an error of the edge during it", { cause: "edge", what: "tools/call: 503" }, 1],
    ["a connection that breaks right after it", { at: 1900 }, 1],
    ["no connection that breaks before or long after", { at: 900 }, 0],
    ["no 401 that a server sends meanwhile", { cause: "other", revision: "files-a", what: "tools/call: 401" }, 0],
    ["no injected failure", { injected: true }, 0],
  ])("%s", (_, change, expected) => {
    const tally = emptyTally();
    countFailure(tally, failure(change));
    expect(shiftErrors(tally, shifts, nothingElse)).toBe(expected);
  });
});

/** Two revisions with a hundred sessions each, of which the candidate lost so many. */
function sessionsWithLost(lost: number) {
  const tally = emptyTally();
  for (const revision of ["files-a", "files-b"]) {
    for (let i = 0; i < 100; i++) countSession(tally, revision);
    countRequest(tally, revision);
  }
  for (let i = 0; i < lost; i++) countLostSession(tally, "files-b");
  return sessionsByRole(tally, ["files-a"]);
}

describe("lost sessions", () => {
  test("are the revision's that had them", () => {
    expect(sessionsWithLost(12)).toEqual({
      stable: { opened: 100, lost: 0 },
      candidate: { opened: 100, lost: 12 },
      ended: 0,
    });
  });

  test("of a promoted candidate are a warning where stable lost none, and only of a promoted one", () => {
    expect(warningsOf("promoted", sessionsWithLost(12))).toEqual([
      expect.stringContaining("the candidate lost 12 of 100 sessions of its users, stable 0 of 100 sessions"),
    ]);
    expect(warningsOf("rolled-back", sessionsWithLost(12))).toEqual([]);
    expect(warningsOf("promoted", sessionsWithLost(0))).toEqual([]);
  });
});

const summary = (change: Partial<RehearsalSummary>): RehearsalSummary => ({
  result: "promoted",
  reason: "the bake after 100 % is complete",
  revisions: [
    { service: "files", stable: "files-a", candidate: "files-b", versions: { stable: "1.0.0", candidate: "1.1.0" } },
  ],
  steps: [],
  candidate: { userRequests: 892, userErrors: 0, userRefused: 765 },
  kinds: {},
  samples: [],
  shiftErrors: 0,
  movedSessions: 0,
  lostSessions: 0,
  sessions: { stable: { opened: 9, lost: 0 }, candidate: { opened: 9, lost: 0 }, ended: 4 },
  warnings: [],
  seconds: 10,
  journal: "journal.jsonl",
  report: "report.html",
  ...change,
});
const alarm = (line: string) => `!${line}`;

describe("in words", () => {
  test("versions lead, and sessions that a rollback ended raise no alarm", () => {
    expect(inWords(summary({ result: "rolled-back", reason: "it was bad" }), alarm).split("\n")).toEqual([
      "ROLLED BACK: files 1.0.0 (stable) has all the traffic.",
      "  why       it was bad",
      "  users     892 requests reached the candidate: 0 failed, 765 refused",
      "  shifts    0 failures of users caused by shifts",
      "  sessions  0 moved, 0 lost; 4 ended by a rollback or drain",
      "  took      10 s",
      "  report    report.html",
      "  journal   journal.jsonl",
    ]);
  });

  test("lost sessions, failures of a shift and warnings do", () => {
    const sessions = { stable: { opened: 9, lost: 0 }, candidate: { opened: 9, lost: 8 }, ended: 0 };
    const text = inWords(summary({ lostSessions: 8, shiftErrors: 1, sessions, warnings: ["look at it"] }), alarm);
    expect(text).toContain("PROMOTED WITH WARNINGS: files 1.1.0 (candidate) has all the traffic.");
    expect(text).toContain("\n!  warning   look at it");
    expect(text).toContain("\n!  shifts    1 failures");
    expect(text).toContain(
      "\n!  sessions  0 moved, 8 lost (candidate 8 of 9 sessions, stable 0 of 9 sessions); 0 ended by a rollback or drain",
    );
  });
});
