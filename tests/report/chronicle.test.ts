import { describe, expect, test } from "vitest";
import type { Begun, Event } from "../../promotion/events.ts";
import { plans } from "../../promotion/plan.ts";
import { chronicle } from "../../report/chronicle.ts";
import { headline } from "../../report/headline.ts";
import { BEGINNING, journalOf, scripts } from "./fixtures.ts";

type Events = [Begun, ...Event[]];
const healthy = await journalOf(scripts.healthy);
const seconds = (at: number) => Math.round((at - BEGINNING) / 1000);
/** The journal up to and with the poll number `n`, and then what follows. */
const upTo = (n: number, ...more: Event[]): Events => {
  const polls = healthy.flatMap(({ event }, i) => (event === "judged" ? [i] : []));
  return [...healthy.slice(0, (polls[n - 1] as number) + 1), ...more] as Events;
};

describe("a healthy promotion", () => {
  const story = chronicle(healthy);

  test("has a row for each step and one for the bake, and says whose requests certified it", () => {
    expect(story.rows.map(({ share, bake, verdict, by }) => [share, bake, verdict, by])).toEqual([
      [10, false, "promote", "users and probes"],
      [25, false, "promote", "users and probes"],
      [50, false, "promote", "users"],
      [100, false, "promote", "users and probes"],
      [100, true, "promote", "users"],
    ]);
    for (const { probes, candidate, certified, bound } of story.rows) {
      expect([candidate.requests > 0, probes.candidate.requests > 0]).toEqual([true, true]);
      expect(certified).toBeLessThanOrEqual(bound);
    }
  });

  test("has a line for each change, and none for a poll that changed nothing", () => {
    expect(story.entries.map(({ what }) => what)).toEqual(
      ["begun", "in-force", "smoked"]
        .concat(...[10, 25, 50, 100].map(() => ["in-force", "wait", "promote"]))
        .concat("wait", "promote", "drained", "retired"),
    );
    expect(story.holds).toEqual([]);
    expect(story.backMs).toBeNull();
  });

  test("is said in the headline", () => {
    expect(headline(story, [])).toEqual({
      tone: "good",
      word: "Promoted",
      sentence: expect.stringMatching(
        /^everything-b71e4c55d0: the bake after 100 % is complete; it took over all traffic in 2 min \d+ s\.$/,
      ),
    });
  });
});

test("a rollback says why, and how long it took until stable had everything", async () => {
  const story = chronicle(await journalOf(scripts.broken));
  expect(story.backMs).toBeCloseTo(187, 6);
  expect(story.rows.at(-1)).toMatchObject({ share: 10, verdict: "roll-back", by: null });
  expect(headline(story, [])).toEqual({
    tone: "bad",
    word: "Rolled back",
    sentence: expect.stringMatching(
      /^everything-b71e4c55d0: the candidate fails more than .*, after \d+ s\. All new sessions went to stable again 187 ms after the verdict\.$/,
    ),
  });
});

test("an outage is one hold, which a person ends", async () => {
  const story = chronicle(await journalOf({ ...scripts.outage, resumed: true }));
  const held = story.entries.find(({ what }) => what === "hold");
  const goesOn = story.entries.find(({ what, at }) => what === "wait" && at > (story.holds[1]?.[0] ?? 0));
  expect(story.holds).toHaveLength(2); // until it was resumed, and again until stable had recovered
  expect(seconds(story.holds[0]?.[0] as number)).toBe(seconds(held?.at as number));
  expect(story.holds[1]?.[1]).toBe(goesOn?.at);
  expect(story.rows.map(({ verdict }) => verdict)).toEqual([
    "hold",
    "promote",
    "promote",
    "promote",
    "promote",
    "promote",
  ]);
});

test("a held promotion asks for a person", async () => {
  expect(headline(chronicle(await journalOf(scripts.outage)), [])).toEqual({
    tone: "warn",
    word: "Held at 10 %",
    sentence:
      "everything-b71e4c55d0: shared outage: both revisions fail (held for 30 s). It needs a person after 54 s: resume it, or roll it back.",
  });
});

test("a smoke test that fails is the whole story", async () => {
  const story = chronicle(await journalOf(scripts.lifeless));
  expect(story.rows).toEqual([]);
  expect(headline(story, []).sentence).toBe(
    "everything-b71e4c55d0: 4 of 8 tests failed: tools/list, after 3 s. No user session reached the candidate.",
  );
});

test("a journal that ends in the middle has the step that it ends in", () => {
  const story = chronicle(upTo(5));
  expect(story.rows).toMatchObject([{ share: 10, verdict: "wait", by: null }]);
  expect(headline(story, []).word).toBe("Not finished, at 10 %");
});

test("a step that was ended by a person or a manual traffic change is shown with its counts", () => {
  const at = BEGINNING + 60_000;
  const moved = chronicle(upTo(5, { event: "moved", at, share: 40 }));
  expect(moved.rows).toMatchObject([
    { share: 10, verdict: "hold", reason: expect.stringContaining("40 % is in force") },
  ]);
  expect(moved.entries.at(-1)).toMatchObject({ what: "moved", share: 40 });
  expect(headline(moved, []).word).toBe("Held at 40 %");

  const orderedBack = chronicle(
    upTo(
      5,
      { event: "ordered-back", at, reason: "taken back by anna" },
      { event: "in-force", at: at + 90, share: 0, baseline: { silent: true, why: "no answer" } },
    ),
  );
  expect(orderedBack.rows).toMatchObject([{ share: 10, verdict: "roll-back", reason: "taken back by anna" }]);
  expect(orderedBack.backMs).toBe(90);
});

test("with no time to bake, the promotion ends with its last step", async () => {
  const story = chronicle(await journalOf({ plan: { ...plans.rehearsal, bake: [] } }));
  expect(story.rows.map(({ share, bake }) => [share, bake])).toEqual([
    [10, false],
    [25, false],
    [50, false],
    [100, false],
  ]);
  expect(headline(story, []).word).toBe("Promoted");
});
