import { figure } from "../cli/table.ts";
import { plans } from "../promotion/plan.ts";
import { rivals, simulateRival } from "../promotion/simulation/rivals/index.ts";
import { simulateRun } from "../promotion/simulation/simulate.ts";
import { repeat, type SimulationSummary } from "../promotion/simulation/summary.ts";
import type { Figure, Figures } from "./figure.ts";

const RUNS = 2000;
const RPS = 100;
const SEED = 1;

type Case = { candidate: number; stable: number };
type Measured = { ours: SimulationSummary; others: { rule: string; summary: SimulationSummary }[] };

/** The rule's promises on simulated users: 100 requests per second, starting with a 10 % step. */
export async function* statistics(): Figures {
  const dead = await measure({ candidate: 1, stable: 0.0001 });
  yield {
    what: `dead candidate: most user requests that reached it, in ${RUNS} promotions`,
    promise: "at most 75",
    kept: dead.ours.candidateRequests.max <= 75 && dead.ours.outcomes["rolled-back"] === RUNS,
    ...inWords(dead, ({ candidateRequests, seconds }) => `${figure(candidateRequests.max)} in ${seconds.max} s`),
  };
  const broken = await measure({ candidate: 0.01, stable: 0.0001 });
  yield {
    what: "candidate with a 1 % error rate: user errors, median",
    promise: "at most 8",
    kept: broken.ours.userErrors.median <= 8,
    ...inWords(
      broken,
      ({ userErrors, outcomes }) =>
        `${figure(userErrors.median)} (p95 ${figure(userErrors.p95)}), promoted ${outcomes.promoted} times`,
    ),
  };
  const healthy = await measure({ candidate: 0.0001, stable: 0.0001 });
  yield {
    what: "healthy candidate (0.01 %): seconds until certified below 0.1 % at 100 %, median",
    promise: "at most 150",
    kept: healthy.ours.seconds.median <= 150 && healthy.ours.outcomes.promoted >= 0.99 * RUNS,
    ours: `${figure(healthy.ours.seconds.median)} (p95 ${figure(healthy.ours.seconds.p95)})`,
    others: healthy.others.map(({ rule, summary }) => ({
      rule,
      value: `${figure(summary.seconds.median)}, certifies nothing`,
    })),
  };
  yield falseRollbacks("0.01 %", healthy);
  yield falseRollbacks("0.03 %", await measure({ candidate: 0.0003, stable: 0.0003 }));
  yield falseRollbacks("0.1 %, same as stable's", await measure({ candidate: 0.001, stable: 0.001 }));
}

const falseRollbacks = (rate: string, measured: Measured): Figure => ({
  what: `candidate with a true error rate of ${rate}: rolled back, including the bake`,
  promise: "at most 1 %",
  kept: measured.ours.outcomes["rolled-back"] <= 0.01 * RUNS,
  ...inWords(measured, ({ outcomes }) => `${figure((100 * outcomes["rolled-back"]) / RUNS)} %`),
});

/** Our rule and every other on the same users. */
async function measure(failing: Case): Promise<Measured> {
  const scenario = { rps: RPS, errorRate: (role: keyof Case) => failing[role], plan: plans.evidence, seed: SEED };
  const others = [];
  for (const rival of rivals) {
    others.push({ rule: rival.rule, summary: await repeat(RUNS, (run) => simulateRival(rival, scenario, run)) });
  }
  return { ours: await repeat(RUNS, (run) => simulateRun(scenario, run)), others };
}

const inWords = (
  { ours, others }: Measured,
  words: (summary: SimulationSummary) => string,
): Pick<Figure, "ours" | "others"> => ({
  ours: words(ours),
  others: others.map(({ rule, summary }) => ({ rule, value: words(summary) })),
});
