import { progress } from "../rehearsal/progress.ts";
import type { Audience } from "../rehearsal/rehearse.ts";
import { inWords, type RehearsalSummary } from "../rehearsal/summary.ts";
import type { ExitCode, Io } from "./verb.ts";

type Result = RehearsalSummary["result"];

const exitCodes: Record<Result, ExitCode> = { promoted: 0, unchanged: 0, "rolled-back": 1, held: 2 };

const INTERRUPTED = "interrupted; `npx maha resume` goes on where it stopped";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long an interrupted rehearsal may take to put its things in order, in milliseconds; a second signal ends it at once. */
const ORDERLY_MS = 5000;

/** Lets a rehearsal run before people: live progress, Ctrl-C ends it in order, and at the end the summary in words or as JSON. The result that was `ordered` is a success. */
export async function perform(
  run: (audience: Audience) => Promise<RehearsalSummary>,
  io: Io,
  ordered?: Result,
): Promise<ExitCode> {
  const stream = process.stderr;
  const plain = !stream.isTTY || process.env.NO_COLOR !== undefined || process.env.CI !== undefined;
  const screen = progress({ stream, plain });
  const stop = new AbortController();
  const leave = () => {
    screen.end();
    io.say(INTERRUPTED);
    process.exit(1); // everything that was started ends with this process
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
    io.say(inWords(summary));
    io.print(summary);
    return summary.result === ordered ? 0 : exitCodes[summary.result];
  } finally {
    screen.end();
    for (const signal of signals) process.off(signal, interrupt);
  }
}
