import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { figure } from "../cli/table.ts";
import { type Counts, noCounts } from "../promotion/counts.ts";
import { FORMAT } from "../promotion/events.ts";
import { type Plan, plans } from "../promotion/plan.ts";
import { rivals, simulateRival } from "../promotion/simulation/rivals/index.ts";
import { simulateRun } from "../promotion/simulation/simulate.ts";
import { fold, judge, step } from "../promotion/state.ts";
import type { Seen } from "../promotion/windows.ts";
import type { Figure, Figures } from "./figure.ts";

const HOUR = 3600;

/** The report plan's steps, which spend an hour at 10 %. */
const hourly: Plan = { ...plans.evidence, steps: plans.report.steps };

/** How long decisions, simulations and startup take on this machine. */
export async function* speed(): Figures {
  yield deciding();
  yield await simulating();
  yield await starting();
}

/** An hour of polls at 100 requests per second; each is judged and applied as a journal event. */
function deciding(): Figure {
  const revisions = [{ service: "measured", stable: "stable", candidate: "candidate" }];
  let state = fold([
    { event: "begun", format: FORMAT, at: 0, id: "measured", plan: hourly, revisions },
    { event: "smoked", at: 0, passed: true, reason: "measured" },
    { event: "in-force", at: 0, share: 10, baseline: seenAfter(0) },
  ]);
  const polls = Array.from({ length: HOUR - 1 }, (_, i) => ({ at: (i + 1) * 1000, seen: seenAfter(i + 1) }));
  const ours = cpuPerCall(polls, ({ at, seen }) => {
    state = step(state, { event: "judged", at, seen, verdict: judge(state, seen, at) });
  });
  const bare = cpuPerCall(polls, ({ seen }) => overOnePercent(seen));
  return {
    what: "CPU time per poll for a decision, on average",
    promise: "at most 1 ms",
    kept: ours <= 1,
    ours: milliseconds(ours),
    others: [{ rule: "a bare error rate over 1 %", value: milliseconds(bare) }],
  };
}

async function simulating(): Promise<Figure> {
  const scenario = { rps: 100, errorRate: () => 0, plan: hourly, seed: 1 };
  const began = performance.now();
  const { seconds } = await simulateRun(scenario, 0);
  const ours = ((performance.now() - began) * HOUR) / seconds;
  return {
    what: "simulating an hour at 100 requests per second",
    promise: "at most 1 s",
    kept: ours <= 1000,
    ours: milliseconds(ours),
    others: rivals.map((rival) => {
      const began = performance.now();
      const { seconds } = simulateRival(rival, scenario, 0);
      return { rule: rival.rule, value: milliseconds(((performance.now() - began) * HOUR) / seconds) };
    }),
  };
}

async function starting(): Promise<Figure> {
  const help = await bestRun(["cli/maha.ts", "--help"]);
  const nothing = await bestRun(["-e", "0"]);
  return {
    what: "node cli/maha.ts --help, best of nine",
    promise: "at most 250 ms",
    kept: help <= 250,
    ours: milliseconds(help),
    others: [{ rule: "node -e 0", value: milliseconds(nothing) }],
  };
}

/** The source's counts after so many seconds, with occasional failures of either revision. */
function seenAfter(second: number): Seen {
  const counted = (rps: number): Counts => ({
    ...noCounts,
    requests: rps * second,
    failures: Math.floor((rps * second) / 9000),
  });
  const measured = {
    stable: { user: counted(90), probe: counted(1) },
    candidate: { user: counted(10), probe: counted(1) },
  };
  return { silent: false, since: "measured", services: { measured } };
}

function overOnePercent({ services }: Seen): boolean {
  const { requests, failures } = services.measured?.candidate.user ?? noCounts;
  return failures > 0.01 * requests;
}

/** CPU time in milliseconds, unaffected by other load on the machine. */
function cpuPerCall<Input>(inputs: readonly Input[], act: (input: Input) => void): number {
  const began = process.cpuUsage();
  for (const input of inputs) act(input);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / inputs.length;
}

async function bestRun(args: string[]): Promise<number> {
  const took: number[] = [];
  while (took.length < 9) {
    const began = performance.now();
    await promisify(execFile)(process.execPath, args, { cwd: new URL("..", import.meta.url) });
    took.push(performance.now() - began);
  }
  return Math.min(...took);
}

const milliseconds = (ms: number): string => `${ms < 1 ? ms.toFixed(4) : figure(ms)} ms`;
