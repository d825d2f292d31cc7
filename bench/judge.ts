import { figure } from "../cli/table.ts";
import type { RevisionRole } from "../ecosystem/revision-role.ts";
import { plans } from "../promotion/plan.ts";
import { type BadOutcome, type Scenario, type SimulatedClient, simulateRun } from "../promotion/simulation/simulate.ts";
import { repeat, type SimulationSummary as Summary } from "../promotion/simulation/summary.ts";
import { percent } from "../promotion/wording.ts";
import type { Figure, Figures } from "./figure.ts";

const RPS = 100;
const SEED = 1;
const FEW = 50;
const MANY = 2000;

const rates = [0.001, 0.01, 0.05, 0.3, 1];

type Failing = { candidate: number; stable: number };
/** What is promised of many runs; `keeps` is null where the row is only shown. */
type Pledge = { words: string; keeps: ((summary: Summary) => boolean) | null; runs?: number };

const part = ({ runs, outcomes }: Summary, result: keyof Summary["outcomes"]): number => outcomes[result] / runs;

const shown: Pledge = { words: "no promise", keeps: null };
const notBlamed: Pledge = {
  words: "rolled back at most 1 %",
  keeps: (summary) => part(summary, "rolled-back") <= 0.01,
};
const stopped: Pledge = { words: "promoted at most 1 %", keeps: (summary) => part(summary, "promoted") <= 0.01 };
const soon: Pledge = {
  words: "always rolled back, at most 300 requests of the candidate in the median",
  keeps: (summary) => part(summary, "rolled-back") === 1 && summary.candidateRequests.median <= 300,
};
const atOnce: Pledge = {
  words: `always rolled back, at most 75 requests of the candidate in any of ${MANY} runs`,
  keeps: (summary) => part(summary, "rolled-back") === 1 && summary.candidateRequests.max <= 75,
  runs: MANY,
};
const goes: Pledge = { words: "promoted at least 95 %", keeps: (summary) => part(summary, "promoted") >= 0.95 };
const healthy: Pledge = { words: "promoted at least 99 %", keeps: (summary) => part(summary, "promoted") >= 0.99 };

const kinds: Record<BadOutcome, { words: string; alone: Record<number, Pledge> }> = {
  failures: { words: "failed", alone: { 0.001: shown, 0.01: stopped, 0.05: soon, 0.3: soon, 1: atOnce } },
  refused: { words: "refused", alone: { 0.001: shown, 0.01: shown, 0.05: stopped, 0.3: soon, 1: atOnce } },
  slow: { words: "slow", alone: { 0.001: notBlamed, 0.01: shown, 0.05: shown, 0.3: soon, 1: atOnce } },
  toolErrors: { words: "tool errors", alone: { 0.001: shown, 0.01: shown, 0.05: stopped, 0.3: soon, 1: atOnce } },
};

/** How the judge decides over every kind of outcome, over services that are not perfect, and over clients that behave unlike the others. */
export async function* judge(): Figures {
  for (const [outcome, { words, alone }] of Object.entries(kinds)) {
    for (const candidate of rates) {
      const promise = alone[candidate] as Pledge;
      const scenario = (stable: number) => ({ ...failing({ candidate, stable }), outcome: outcome as BadOutcome });
      yield await measure(`${words}: candidate ${percent(candidate)}, stable 0 %`, promise, scenario(0));
      yield await measure(`${words}: candidate and stable ${percent(candidate)}`, notBlamed, scenario(candidate));
    }
  }
  yield* imperfect();
  yield* bursts();
  yield* clients();
}

async function* imperfect(): Figures {
  const cases: [Failing, Pledge][] = [
    [{ candidate: 0.005, stable: 0.005 }, goes],
    [{ candidate: 0.003, stable: 0.003 }, goes],
    [
      { candidate: 0.015, stable: 0.005 },
      { ...stopped, runs: 500 },
    ],
    [{ candidate: 0, stable: 0.05 }, goes],
    [{ candidate: 0.002, stable: 0.05 }, goes],
  ];
  for (const [both, promise] of cases)
    yield await measure(
      `a stable that fails ${percent(both.stable)}, a candidate that fails ${percent(both.candidate)}`,
      { runs: 200, ...promise },
      failing(both),
    );
}

async function* bursts(): Figures {
  const burst = (seconds: number) => ({
    ...failing({ candidate: 0, stable: 0 }),
    errorRate: (role: RevisionRole, second: number) =>
      Number(role === "candidate" && second >= 12 && second < 12 + seconds),
  });
  yield await measure("every request to the candidate fails for 1 s", notBlamed, burst(1));
  yield await measure("every request to the candidate fails for 2 s", notBlamed, burst(2));
  yield await measure("every request to the candidate fails from then on", stopped, burst(Number.POSITIVE_INFINITY));
}

async function* clients(): Figures {
  for (const count of [1, 4, 40]) {
    const equal = (rates: Failing) =>
      among(
        rates,
        Array.from({ length: count }, () => client(RPS / count, rates)),
      );
    const who = `${count} equal client${count === 1 ? "" : "s"}`;
    yield await measure(`${who}, dead candidate`, atOnce, equal({ candidate: 1, stable: 0.0001 }));
    yield await measure(`${who}, candidate fails 30 %`, soon, equal({ candidate: 0.3, stable: 0.0001 }));
    yield await measure(`${who}, healthy candidate`, healthy, equal({ candidate: 0.0001, stable: 0.0001 }));
  }
  const [fine, broken] = [
    { candidate: 0.0001, stable: 0.0001 },
    { candidate: 0.3, stable: 0.0001 },
  ];
  for (const others of [9, 39]) {
    // with fewer, clients often share buckets
    for (const rps of [RPS / (others + 1), 1000]) {
      const served = Array.from({ length: others }, () => client(RPS / (others + 1), fine));
      yield await measure(
        `one client at ${figure(rps)} rps fails always on the candidate, ${others} others are served`,
        healthy,
        among(fine, [client(rps, { candidate: 1, stable: 0 }), ...served]),
      );
    }
    const failed = Array.from({ length: others }, () => client(RPS / (others + 1), broken));
    yield await measure(
      `one client at 1,000 rps is served, the candidate fails 30 % of ${others} others`,
      { ...stopped, words: "never promoted", keeps: ({ outcomes }) => outcomes.promoted === 0 },
      among(fine, [client(1000, { candidate: 0, stable: 0 }), ...failed]),
    );
  }
}

const failing = (rates: Failing): Scenario => ({
  rps: RPS,
  errorRate: (role) => rates[role],
  plan: plans.evidence,
  seed: SEED,
});

const client = (rps: number, rates: Failing): SimulatedClient => ({ rps, errorRate: (role) => rates[role] });

const among = (probes: Failing, clients: SimulatedClient[]): Scenario => ({ ...failing(probes), clients });

async function measure(what: string, { words, keeps, runs = FEW }: Pledge, scenario: Scenario): Promise<Figure> {
  const summary = await repeat(runs, (run) => simulateRun(scenario, run));
  const { candidateRequests, seconds } = summary;
  const outcomes = (["promoted", "rolled-back", "held"] as const)
    .map((result) => `${result.replace("-", " ")} ${percent(part(summary, result))}`)
    .join(", ");
  return {
    what,
    promise: words,
    kept: keeps?.(summary) ?? true,
    ours: `${outcomes}; candidate requests ${figure(candidateRequests.median)} (max ${figure(candidateRequests.max)}) in ${figure(seconds.median)} s`,
    others: [],
  };
}
