/** Case 18: the promoter is killed at each boundary, and the next run comes to the same end. Time, users and the platform are doubles. */
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileJournal } from "../../promotion/journal.ts";
import type { Plan } from "../../promotion/plan.ts";
import { promote } from "../../promotion/promote.ts";
import { resume } from "../../promotion/resume.ts";
import { rollBack } from "../../promotion/rollback.ts";
import { fold, type State } from "../../promotion/state.ts";
import { interrupt, type Script, sharesPut, testPlan, type Where, world } from "./fixtures.ts";

const short: Plan = {
  ...testPlan,
  steps: [
    { share: 10, maxErrorRate: 0.02, minDuration: 2, maxDuration: 30 },
    { share: 100, maxErrorRate: 0.005, minDuration: 2, maxDuration: 30 },
  ],
  bake: [{ for: 4, poll: 1 }],
};

const dead = (when: (where: Where) => boolean) => (where: Where) =>
  where.role === "candidate" && when(where) ? { errors: 1 } : {};

const scenarios: [string, Script, Partial<State> & { result: string }, number[]][] = [
  ["a good release", {}, { result: "promoted", inForce: 100, retired: true }, [0, 10, 100]],
  ["a dead one", { rates: dead(() => true) }, { result: "rolled-back", inForce: 0, retired: false }, [0, 10, 0]],
  [
    "one that dies at 100 %",
    { rates: dead(({ share }) => share === 100) },
    { result: "rolled-back", inForce: 0, retired: false },
    [0, 10, 100, 0],
  ],
  [
    "one that fails its smoke test",
    { smoke: () => ({ passed: false, reason: "no tools" }) },
    { result: "rolled-back", inForce: 0 },
    [0],
  ],
];

/** Raised in place of a kill; whoever was killed does nothing any more. */
class Killed extends Error {}

/** A world whose promoter is killed at the n-th boundary of each of its lives, as `arm` lists them; then it is left alone. */
function mortal(script: Script) {
  let kills: number[] = [];
  let alive = true;
  const places: string[] = [];
  const boundary = (place: string) => {
    if (places.length === kills[0]) alive = false;
    places.push(place);
    if (!alive) throw new Killed(place);
  };
  const arm = (next: number[]) => {
    kills = next;
    alive = true;
    places.length = 0;
  };
  /** Runs the promoter, life after life, until it comes to an end. */
  const live = async (first: () => Promise<State>, again = first): Promise<State> => {
    for (let run = first; ; run = again) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        arm(kills.slice(1));
      }
    }
  };
  return { stage: world({ ...script, boundary }), places, arm, live };
}

/** The shares that were put in force, those put twice in a row once. */
const course = (stage: ReturnType<typeof world>) => sharesPut(stage).filter((share, i, all) => share !== all[i - 1]);

async function finish(script: Script, kills: number[], pause = 0) {
  const { stage, places, arm, live } = mortal(script);
  const { promotion, events } = await stage.begin({ plan: short });
  arm(kills);
  const state = await live(
    () => promote(promotion),
    async () => {
      if (pause === 0) return promote(promotion);
      await stage.clock.sleep(pause * 1000);
      return resume(promotion, "later");
    },
  );
  const [begun, ...rest] = events;
  if (begun?.event !== "begun") throw new Error("not begun");
  expect(fold([begun, ...rest])).toEqual(state); // what the journal says is what the promoter knew
  return { stage, state, places };
}

describe.each(scenarios)("case 18: %s", (_, script, end, shares) => {
  const ended = ({ state, stage }: Awaited<ReturnType<typeof finish>>, where: string) => {
    const { result, ...facts } = end;
    expect({ killed: where, result: state.outcome?.result, shares: course(stage) }).toEqual({
      killed: where,
      result,
      shares,
    });
    expect(state).toMatchObject(facts);
    expect(stage.edge.share).toBe(state.inForce);
    expect(stage.edge.calls.includes("retire stable")).toBe(state.retired);
  };

  test("killed before and after each action, it reaches the same outcome", async () => {
    const { places } = await finish(script, []);
    expect(places.length).toBeGreaterThan(10);
    for (const [n, place] of places.entries()) ended(await finish(script, [n]), place);
  });

  test("also when it is resumed an hour later", async () => {
    const { places } = await finish(script, []);
    for (const [n, place] of places.entries()) ended(await finish(script, [n], 3600), place);
  });

  test("killed repeatedly, it reaches the same outcome", async () => {
    const kills = fc.array(fc.nat({ max: 40 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(kills, async (kills) => ended(await finish(script, kills), kills.join(", "))),
      { numRuns: 40 },
    );
  });
});

test("case 18: killed in the middle of any line of its journal, it resumes from the line before", async () => {
  const folder = await mkdtemp(join(tmpdir(), "killed-"));
  try {
    for (let torn = 0; torn < 100; torn++) {
      const stage = world({});
      const { promotion, events } = await stage.begin({ plan: short });
      const path = join(folder, `${torn}.jsonl`);
      const journal = fileJournal(path);
      for (const event of events) await journal.append(event);
      let lines = 0;
      const tearing = {
        ...journal,
        append: async (event: Parameters<typeof journal.append>[0]) => {
          if (lines++ < torn) return journal.append(event);
          const line = JSON.stringify(event);
          await appendFile(path, line.slice(0, Math.ceil(line.length / 2)));
          throw new Killed("in the middle of a line");
        },
      };
      const killed = await promote({ ...promotion, journal: tearing }).catch((error) => error);
      if (!(killed instanceof Killed)) break; // every line has been torn once
      const state = await promote({ ...promotion, journal: fileJournal(path) });
      expect([state.outcome?.result, course(stage), state.retired]).toEqual(["promoted", [0, 10, 100], true]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("case 18: a rollback by hand that is killed anywhere is carried out when it is ordered again", async () => {
  for (let n = 0; ; n++) {
    const { stage, places, arm, live } = mortal({});
    const { promotion, events } = await stage.begin({ plan: short });
    await interrupt(promotion, ({ inForce }) => inForce === 100);
    arm([n]);
    const state = await live(() => rollBack(promotion, "users complain"));
    expect(state.outcome).toEqual({ result: "rolled-back", reason: "users complain" });
    expect([stage.edge.share, course(stage)]).toEqual([0, [0, 10, 100, 0]]);
    expect(events.filter(({ event }) => event === "ordered-back")).toHaveLength(1);
    if (places.length <= n) break; // it was not killed any more
  }
});
