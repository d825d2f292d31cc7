import type { Result } from "../state.ts";
import type { SimulatedRun } from "./simulate.ts";

/** The distribution of one number over many runs. */
export type Spread = { median: number; p95: number; max: number };

/** A summary of many runs: users' requests and errors on the candidate, and seconds until the verdict. */
export type SimulationSummary = {
  runs: number;
  outcomes: Record<Result, number>;
  candidateRequests: Spread;
  userErrors: Spread;
  seconds: Spread;
};

/** Runs 0, 1, 2, ... and summarizes them; `done` gets the number of finished runs after each. `runs` is at least 1. */
export async function repeat(
  runs: number,
  play: (run: number) => SimulatedRun | Promise<SimulatedRun>,
  done?: (count: number) => void,
): Promise<SimulationSummary> {
  const played: SimulatedRun[] = [];
  while (played.length < runs) {
    played.push(await play(played.length));
    done?.(played.length);
  }
  return summarize(played);
}

/** Summarizes at least one run. */
export function summarize(runs: readonly SimulatedRun[]): SimulationSummary {
  const count = (result: Result) => runs.filter((run) => run.result === result).length;
  return {
    runs: runs.length,
    outcomes: { promoted: count("promoted"), "rolled-back": count("rolled-back"), held: count("held") },
    candidateRequests: spread(runs.map(({ requests }) => requests)),
    userErrors: spread(runs.map(({ errors }) => errors)),
    seconds: spread(runs.map(({ seconds }) => seconds)),
  };
}

function spread(values: number[]): Spread {
  const sorted = values.sort((a, b) => a - b);
  // nearest rank: every number shown occurred in a run
  const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] as number;
  return { median: rank(0.5), p95: rank(0.95), max: rank(1) };
}
