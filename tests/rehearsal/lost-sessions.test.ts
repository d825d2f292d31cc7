import { expect, test } from "vitest";
import { losesMore } from "../../rehearsal/lost-sessions.ts";

const sessions = (lost: number, opened: number) => ({ lost, opened });

test.each([
  ["nothing lost", sessions(0, 100), sessions(0, 100), false],
  ["one lost session may be chance", sessions(0, 100), sessions(1, 100), false],
  ["five of the same number are not", sessions(0, 100), sessions(5, 100), true],
  ["both lose alike", sessions(20, 400), sessions(22, 400), false],
  ["the candidate loses thrice as much", sessions(20, 400), sessions(60, 400), true],
  ["stable loses more", sessions(60, 400), sessions(20, 400), false],
  ["a candidate with few sessions that forgets them all", sessions(0, 500), sessions(4, 4), true],
  ["stable had no session to compare with", sessions(0, 0), sessions(9, 10), false],
])("%s", (_, stable, candidate, expected) => {
  expect(losesMore({ stable, candidate })).toBe(expected);
});

test("the probability is Fisher's: 4 of 20 against 0 of 20 is chance at 5 %, 5 of 20 is not", () => {
  // scipy.stats.fisher_exact([[4, 16], [0, 20]], "greater"): 0.0530; [[5, 15], [0, 20]]: 0.0236
  expect(losesMore({ stable: sessions(0, 20), candidate: sessions(4, 20) })).toBe(false);
  expect(losesMore({ stable: sessions(0, 20), candidate: sessions(5, 20) })).toBe(true);
});
