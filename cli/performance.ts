import { styleText } from "node:util";
import type { Milliseconds } from "../ecosystem/units.ts";
import { progress } from "../rehearsal/progress.ts";
import type { Audience } from "../rehearsal/rehearse.ts";
import { inWords, type RehearsalSummary } from "../rehearsal/summary.ts";
import type { ExitCode, Io } from "./verb.ts";

type PerformanceResult = RehearsalSummary["result"];

const exitCodes: Record<PerformanceResult, ExitCode> = { promoted: 0, unchanged: 0, "rolled-back": 1, held: 2 };

const INTERRUPTED = "interrupted; `npx maha resume` continues from here";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// the caller decides about colours with `plain`
const red = (line: string): string => styleText("red", line, { validateStream: false });

/** How long an interrupted rehearsal may take to shut down, in milliseconds; a second signal ends it immediately. */
const ORDERLY_MS: Milliseconds = 5000;

/** Runs a rehearsal on the terminal: live progress, a clean shutdown on Ctrl-C, and at the end the summary as text or JSON. The `ordered` result counts as success. */
export async function perform(
  run: (audience: Audience) => Promise<RehearsalSummary>,
  io: Io,
  ordered?: PerformanceResult,
): Promise<ExitCode> {
  const stream = process.stderr;
  const plain = !stream.isTTY || process.env.NO_COLOR !== undefined || process.env.CI !== undefined;
  const screen = progress({ stream, plain });
  const stop = new AbortController();
  const leave = () => {
    screen.end();
    io.say(INTERRUPTED);
    process.exit(1); // child processes end with this one
  };
  const interrupt = () => {
    if (stop.signal.aborted) leave();
    screen.say("stopping");
    stop.abort(new Error(INTERRUPTED));
    setTimeout(leave, ORDERLY_MS).unref();
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const summary = await run({ say: screen.say, event: screen.event, signal: stop.signal });
    screen.end();
    io.say(inWords(summary, plain ? undefined : red));
    io.print(summary);
    if (summary.result === ordered) return 0;
    return summary.warnings.length > 0 ? 2 : exitCodes[summary.result];
  } finally {
    screen.end();
    for (const signal of signals) process.off(signal, interrupt);
  }
}
