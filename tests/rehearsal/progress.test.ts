import { describe, expect, test } from "vitest";
import { plans } from "../../promotion/plan.ts";
import { type Progress, progress } from "../../rehearsal/progress.ts";
import { journalOf, type Script, scripts } from "../report/fixtures.ts";
import { screen } from "./screen.ts";

const short = {
  ...plans.rehearsal,
  steps: [
    { share: 50, maxErrorRate: 0.02, minDuration: 7, maxDuration: 60 },
    { share: 100, maxErrorRate: 0.01, minDuration: 4, maxDuration: 60 },
  ],
  bake: [{ for: 3, poll: 1 }],
};

/** Plays a script before a screen; `frames` is what it showed after each event. */
async function play(script: Script, columns: number | undefined, plain: boolean) {
  const { stream, rows, log } = screen(columns);
  const shown: Progress = progress({ stream, plain });
  const frames: string[][] = [];
  await journalOf({
    ...script,
    onEvent: (state, event) => {
      shown.event(state, event);
      frames.push(rows());
    },
  });
  return { shown, rows, log, frames };
}

describe("in plain lines", () => {
  test("a promotion is its changes, and a line every five seconds", async () => {
    const { rows, log } = await play({ plan: short, errorRate: () => 0 }, undefined, true);
    expect(rows()).toEqual([
      "  0:03  ✔ smoke tests at 0 %: 8 of 8 tests passed",
      "  0:03  → 50 % of new sessions go to everything-b71e4c55d0",
      "  0:05  · waiting: certified below 2 %; waiting for the step's minimum duration",
      "  0:10  ▲ 50 % took 0:07: certified below 0.603 %; users: candidate 0 of 532 failed; stable 0 of 535 failed",
      "  0:10  → 100 % of new sessions go to everything-b71e4c55d0",
      "  0:12  · waiting: certified below 1 %; waiting for the step's minimum duration",
      "  0:14  ▲ 100 % took 0:04: certified below 0.495 %; users: candidate 0 of 571 failed; stable 0 of 0 failed",
      "  0:17  ▲ promoted: the bake after 100 % is complete",
      "  0:21  ✔ the old revision is drained",
      "  0:21  ✔ the old revision is removed from the edge",
    ]);
    expect(log()).not.toContain("\u001b");
  });

  test("a dead candidate is over in four lines", async () => {
    expect((await play(scripts.dead, undefined, true)).rows()).toEqual([
      "  0:03  ✔ smoke tests at 0 %: 8 of 8 tests passed",
      "  0:03  → 10 % of new sessions go to everything-b71e4c55d0",
      "  0:06  ▼ rolled back at 10 %: the candidate fails more than stable; users: candidate 30 of 30 failed; stable 0 of 277 failed",
      "  0:06  → 0 % is in force: all new sessions go to stable",
    ]);
  });

  test("an outage shows how long it has been held, and when it needs a person", async () => {
    const { rows } = await play(scripts.outage, undefined, true);
    expect(rows().slice(-7)).toEqual([
      "  0:24  ■ held: shared outage: both revisions fail",
      "  0:29  10 %, step 1 of 4: held for 0:05, needs a person after 0:30; users: candidate 99 of 360 failed; stable 1,114 of 3,533 failed",
      "  0:34  10 %, step 1 of 4: held for 0:10, needs a person after 0:30; users: candidate 193 of 454 failed; stable 1,829 of 4,248 failed",
      "  0:39  10 %, step 1 of 4: held for 0:15, needs a person after 0:30; users: candidate 262 of 523 failed; stable 2,510 of 4,929 failed",
      "  0:44  10 %, step 1 of 4: held for 0:20, needs a person after 0:30; users: candidate 332 of 593 failed; stable 3,195 of 5,614 failed",
      "  0:49  10 %, step 1 of 4: held for 0:25, needs a person after 0:30; users: candidate 415 of 676 failed; stable 3,899 of 6,318 failed",
      "  0:54  ■ held at 10 %, needs a person: shared outage: both revisions fail (held for 30 s); users: candidate 483 of 744 failed; stable 4,625 of 7,044 failed",
    ]);
  });

  test("after a silence it reports that it continues", async () => {
    const lines = (await play(scripts.silence, undefined, true)).rows();
    expect(lines).toContain(
      "  0:13  ■ held: the metrics source is silent (no answer from the admin socket within 1 s)",
    );
    expect(lines).toContain("  0:31  → continues: certified below 1 %; waiting for the step's minimum duration");
  });

  test("a narrow terminal gets shorter lines, and no word less", async () => {
    const wide = (await play(scripts.broken, undefined, true)).rows();
    const narrow = (await play(scripts.broken, 44, true)).rows();
    for (const line of narrow) expect(line.length).toBeLessThanOrEqual(44);
    const words = (lines: string[]) => lines.join(" ").split(/\s+/);
    expect(words(narrow)).toEqual(words(wide));
  });

  test("a resumed promotion is shown from that point", async () => {
    const { stream, rows } = screen(undefined);
    let shown: Progress | undefined;
    await journalOf({
      plan: short,
      onEvent: (state, event) => {
        if (state.position === 1 && event.event === "judged") shown ??= progress({ stream, plain: true });
        shown?.event(state, event);
      },
    });
    expect(rows()[0]).toMatch(/^ {2}0:10 {2}▲ 50 % took/);
  });
});

describe("in a block", () => {
  test("a step is counted at the bottom, and one line once it is over", async () => {
    const { shown, rows, frames } = await play({ plan: short, errorRate: () => 0 }, 80, false);
    expect(frames.findLast((frame) => frame.some((line) => line.startsWith("50 %")))).toEqual([
      "  0:03  ✔ smoke tests at 0 %: 8 of 8 tests passed",
      "  0:03  → 50 % of new sessions go to everything-b71e4c55d0",
      "50 %, step 1 of 2, 0:06 in force",
      "stable     users: 0 of 463 failed",
      "candidate  users: 0 of 469 failed",
      "probes     candidate: 0 of 8 failed; stable: 0 of 9 failed",
      "certified  below 0.682 %, 2 % required",
      "evidence   20.0 of 20 (95 % confidence)",
      "next       100 % once certified, in 0:01 at the earliest; needs a person in 0:54",
    ]);
    expect(frames.findLast((frame) => frame.some((line) => line.startsWith("bake")))?.slice(-6)).toEqual([
      "bake at 100 %, 0:02 in force",
      "stable     users: 0 of 0 failed",
      "candidate  users: 0 of 854 failed",
      "probes     candidate: 0 of 132 failed; stable: 0 of 116 failed",
      "certified  below 0.331 %",
      "next       promoted in 0:01, if the candidate stays healthy",
    ]);
    shown.end();
    expect(rows()).toEqual([
      "  0:03  ✔ smoke tests at 0 %: 8 of 8 tests passed",
      "  0:03  → 50 % of new sessions go to everything-b71e4c55d0",
      "  0:10  ▲ 50 % took 0:07: certified below 0.603 %; users: candidate 0 of 532",
      "        failed; stable 0 of 535 failed",
      "  0:10  → 100 % of new sessions go to everything-b71e4c55d0",
      "  0:14  ▲ 100 % took 0:04: certified below 0.495 %; users: candidate 0 of 571",
      "        failed; stable 0 of 0 failed",
      "  0:17  ▲ promoted: the bake after 100 % is complete",
      "  0:21  ✔ the old revision is drained",
      "  0:21  ✔ the old revision is removed from the edge",
    ]);
  });

  test("other messages appear above it", async () => {
    const { stream, rows } = screen(80);
    const shown = progress({ stream, plain: false });
    await journalOf({
      plan: short,
      onEvent: (state, event) => {
        shown.event(state, event);
        if (event.event === "smoked") shown.say("the users begin\nall 150 of them");
      },
    });
    shown.say("and that was it");
    shown.end();
    shown.end();
    const lines = rows();
    expect(lines.slice(1, 3)).toEqual(["the users begin", "all 150 of them"]);
    expect(lines.at(-1)).toBe("and that was it");
  });

  test("no row is wider than a narrow terminal, and nothing is left of the block", async () => {
    const { shown, rows, frames } = await play(scripts.outage, 40, false);
    for (const line of frames.flat()) expect(line.length).toBeLessThanOrEqual(40);
    for (const frame of frames)
      expect(frame.filter((line) => line.startsWith("candidate")).length).toBeLessThanOrEqual(1);
    shown.end();
    expect(rows().join(" ")).not.toContain("evidence");
  });

  test("text from outside steers no terminal", async () => {
    const { stream, log } = screen(80);
    const shown = progress({ stream, plain: false });
    await journalOf({
      smoke: { passed: false, reason: "bad \u001b[2J\u001b]0;title\u0007 end" },
      onEvent: shown.event,
    });
    expect(log()).toContain("bad  end");
    expect(log()).not.toContain("\u001b[2J");
  });
});
