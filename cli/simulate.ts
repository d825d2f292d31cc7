import type { Plan } from "../promotion/plan.ts";
import type { SimulationSummary, Spread } from "../promotion/simulation/summary.ts";
import { numberOption, verb } from "./verb.ts";

type SimulateOptions = {
  rps: number;
  trueError: number;
  stableError: number;
  plan: string;
  runs: number;
  seed: number;
  compare?: boolean;
};

const percent = (name: string) => numberOption(name, { min: 0, max: 100 }, "0.1");

export const command = verb<SimulateOptions>(
  "simulate",
  "run the promotion rule on simulated users and a virtual clock",
  "npx maha simulate --rps 100 --true-error 1 --compare",
  async (_, options, io) => {
    const { readPlan } = await import("./plan.ts");
    const { rivals, simulateRival } = await import("../promotion/simulation/rivals/index.ts");
    const { simulateRun } = await import("../promotion/simulation/simulate.ts");
    const { repeat } = await import("../promotion/simulation/summary.ts");
    const { rps, trueError, stableError, runs, seed } = options;
    const plan = await readPlan(options.plan);
    const failing = { stable: stableError / 100, candidate: trueError / 100 };
    const scenario = { rps, errorRate: (role: keyof typeof failing) => failing[role], plan, seed };

    const ours = await repeat(runs, (run) => simulateRun(scenario, run), progressOn(`plan ${plan.name}`, runs));
    const compare: (SimulationSummary & { rule: string; models: string })[] = [];
    for (const rival of options.compare ? rivals : []) {
      const summary = await repeat(runs, (run) => simulateRival(rival, scenario, run), progressOn(rival.rule, runs));
      compare.push({ rule: rival.rule, models: rival.models, ...summary });
    }

    io.say(
      `${runs} promotions at ${rps} requests/s; true error rates: candidate ${trueError} %, stable ${stableError} %.`,
    );
    io.say("Requests and errors count users' requests to the candidate until the verdict.");
    for (const line of await inWords(plan, ours, compare)) io.say(line);
    io.print(options.compare ? { ...ours, compare } : ours);
    return 0;
  },
)
  .requiredOption("--rps <n>", "users' requests per second", numberOption("rps", { min: 0, max: 100_000 }, "100"))
  .requiredOption("--true-error <percent>", "the candidate's true error rate", percent("true-error"))
  .option("--stable-error <percent>", "stable's true error rate", percent("stable-error"), 0.01)
  .option("--plan <name|file>", "evidence, rehearsal, report, or a JSON plan file", "evidence")
  .option(
    "--runs <n>",
    "number of promotions",
    numberOption("runs", { min: 1, max: 1_000_000, whole: true }, "200"),
    200,
  )
  .option(
    "--seed <n>",
    "seed of the random numbers, for a repeatable run",
    numberOption("seed", { min: 0, max: 2 ** 31 - 1, whole: true }, "1"),
    1,
  )
  .option("--compare", "also run models of other tools' published rules on the same users");

const header = [
  ["", "", "rolled", "", "requests", "", "", "errors", "", "", "seconds", "", "", "certified"],
  ["", "promoted", "back", "held", ...Array.from({ length: 3 }, () => ["median", "p95", "max"]).flat(), "below"],
];

/** The results as a table, one row per rule, followed by what each rule models. */
async function inWords(
  plan: Plan,
  ours: SimulationSummary,
  compare: readonly (SimulationSummary & { rule: string; models: string })[],
): Promise<string[]> {
  const { figure, table } = await import("./table.ts");
  const bound = `${Number(((plan.steps.at(-1)?.maxErrorRate ?? 0) * 100).toPrecision(3))} %`;
  const spread = ({ median, p95, max }: Spread) => [median, p95, max].map(figure);
  const row = (
    rule: string,
    { outcomes, candidateRequests, userErrors, seconds }: SimulationSummary,
    certified: string,
  ) => [
    rule,
    ...[outcomes.promoted, outcomes["rolled-back"], outcomes.held].map(figure),
    ...[candidateRequests, userErrors, seconds].flatMap(spread),
    certified,
  ];
  const rows = [
    row(`plan ${plan.name}`, ours, ours.outcomes.promoted > 0 ? bound : "-"),
    ...compare.map((summary) => row(summary.rule, summary, "none")),
  ];
  return [...table([...header, ...rows]), ...compare.map(({ rule, models }) => `${rule}: ${models}`)];
}

/** Shows a long simulation's progress on a terminal. */
function progressOn(rule: string, runs: number): ((count: number) => void) | undefined {
  const { stderr, env } = process;
  if (!stderr.isTTY || env.NO_COLOR !== undefined || env.CI !== undefined) return undefined;
  let shownAt = performance.now();
  return (count) => {
    if (count < runs && performance.now() - shownAt < 200) return;
    shownAt = performance.now();
    stderr.cursorTo(0);
    stderr.clearLine(0);
    if (count < runs) stderr.write(`${rule}: ${count} of ${runs}`);
  };
}
