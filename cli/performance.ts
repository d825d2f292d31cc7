import { progress } from "../rehearsal/progress.ts";
import type { Audience } from "../rehearsal/rehearse.ts";
import { inWords, type Summary } from "../rehearsal/summary.ts";
import type { ExitCode, Io } from "./verb.ts";

const exitCodes: Record<Summary["result"], ExitCode> = { promoted: 0, unchanged: 0, "rolled-back": 1, held: 2 };

/** Lets a rehearsal run before people: live progress, Ctrl-C ends it in order, and at the end the summary in words or as JSON. */
export async function perform(run: (audience: Audience) => Promise<Summary>, io: Io): Promise<ExitCode> {
  const stream = process.stderr;
  const plain = !stream.isTTY || process.env.NO_COLOR !== undefined || process.env.CI !== undefined;
  const screen = progress({ stream, plain });
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error("interrupted; `maha resume` goes on where it stopped"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  try {
    const summary = await run({ say: screen.say, event: screen.event, signal: stop.signal });
    screen.end();
    io.say(inWords(summary));
    io.print(summary);
    return exitCodes[summary.result];
  } finally {
    screen.end();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
  }
}
