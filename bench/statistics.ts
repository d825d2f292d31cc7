import { figure } from "../cli/table.ts";
import { alphas, FAILING_POLLS } from "../promotion/evidence/test-window.ts";
import { TwoSample } from "../promotion/evidence/two-sample.ts";
import { plans } from "../promotion/plan.ts";
import { seeded } from "../promotion/random.ts";
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
  yield* power();
}

/** What the split of the error probability costs: the same comparison with the part it has now, and with the quarter it had before refusals were judged. */
function* power(): Generator<Figure> {
  const [now, before] = [alphas.conviction / 8, alphas.conviction / 4];
  for (const rate of [0.05, 0.3, 1]) {
    const needed = requestsToConvict(rate, now);
    yield {
      what: `tool errors at ${100 * rate} % against none on stable: candidate requests until the comparison convicts, median`,
      promise: "at most 300",
      kept: needed <= 300,
      ours: `${figure(needed)} with an eighth of the error probability, as for refusals`,
      others: [
        { rule: "with a quarter", value: `tool errors ${figure(requestsToConvict(rate, before))}, refusals never` },
      ],
    };
  }
}

/** The median over some streams of 10 candidate and 90 stable requests a poll. */
function requestsToConvict(rate: number, alpha: number): number {
  const random = seeded(SEED, `power ${rate}`);
  const threshold = -Math.log((alpha * 6) / Math.PI ** 2); // the first test window's part
  const needed = Array.from({ length: 501 }, () => {
    const compared = new TwoSample();
    let requests = 0;
    for (let failing = 0; failing < FAILING_POLLS || compared.logEValue < threshold; requests += 10) {
      const failures = Array.from({ length: 10 }, () => random()).filter((draw) => draw < rate).length;
      compared.observe({ stable: { requests: 90, failures: 0 }, candidate: { requests: 10, failures } });
      if (failures > 0) failing += 1;
    }
    return requests;
  }).sort((a, b) => a - b);
  return needed[250] as number;
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
