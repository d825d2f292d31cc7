import { figure } from "../cli/table.ts";
import { plans } from "../promotion/plan.ts";
import { rivals, simulateRival } from "../promotion/simulation/rivals/index.ts";
import { type Scenario, type SimulatedRun, simulateRun } from "../promotion/simulation/simulate.ts";
import type { Figure, Figures } from "./figure.ts";

const RUNS = 50;
const RPS = 100;
const SEED = 1;

/** Without earlier failures, these seconds are within the steps of 10, 25, 50 and 100 %, and within the bake. */
const starts = { "10 %": 15, "25 %": 45, "50 %": 80, "100 %": 110, "the bake": 150 };
const levels = [1, 0.2, 0.05];
/** Seconds; all within the plan's hold timeout for an outage. */
const long = [20, 100];
const brief = [1, 2, 5];

type Outage = { from: number; seconds: number; level: number };

/** Both revisions fail at once, which is no evidence against the candidate: hold, do not roll back. */
export async function* outages(): Figures {
  const places = Object.entries(starts);
  for (const [place, from] of places) {
    for (const level of levels) {
      yield await measure(
        `both revisions fail ${100 * level} %, starting during ${place}: held`,
        [{ from, seconds: Number.POSITIVE_INFINITY, level }],
        ({ result }) => result === "held",
      );
    }
  }
  for (const [place, from] of places) {
    for (const level of levels) {
      yield await measure(
        `both revisions fail ${100 * level} % during ${place} for ${long.join(" or ")} s, then recover: promoted in the end`,
        long.map((seconds) => ({ from, seconds, level })),
        ({ result }) => result === "promoted",
      );
    }
  }
  for (const [place, from] of places) {
    yield await measure(
      `both revisions fail 100 % during ${place} for ${brief.join(", ")} s, then recover: not rolled back`,
      brief.map((seconds) => ({ from, seconds, level: 1 })),
      ({ result }) => result !== "rolled-back",
    );
  }
}

/** The percentage of runs that end as expected, under our rule and every other, on the same users. */
async function measure(what: string, cases: readonly Outage[], well: (run: SimulatedRun) => boolean): Promise<Figure> {
  const played = cases.flatMap((outage) =>
    Array.from({ length: RUNS }, (_, run) => ({ scenario: during(outage), run })),
  );
  const count = async (play: (scenario: Scenario, run: number) => SimulatedRun | Promise<SimulatedRun>) => {
    let count = 0;
    for (const { scenario, run } of played) if (well(await play(scenario, run))) count += 1;
    return count;
  };
  const percent = (count: number) => `${figure((100 * count) / played.length)} %`;
  const ours = await count(simulateRun);
  const others: Figure["others"] = [];
  for (const rival of rivals) {
    const theirs = await count((scenario, run) => simulateRival(rival, scenario, run));
    others.push({ rule: rival.rule, value: percent(theirs) });
  }
  return { what, promise: "always", kept: ours === played.length, ours: percent(ours), others };
}

const during = ({ from, seconds, level }: Outage): Scenario => ({
  rps: RPS,
  errorRate: (_, second) => (second >= from && second < from + seconds ? level : 0),
  plan: plans.evidence,
  seed: SEED,
});
