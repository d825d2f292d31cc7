import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { reason } from "../load/reason.ts";

/** How a child ended although nobody asked it to: what it was, its exit code or the signal, its last lines of output. */
export type Death = { what: string; code: number | null; signal: string | null; output: string };

/** A running command with a process group of its own, so that everything it starts ends with it. */
export type Child = {
  pid: number;
  /** Resolves when the command has ended for whatever reason. */
  ended: Promise<void>;
  /** Resolves when it has ended without being asked, and never otherwise. */
  died: Promise<Death>;
  /** The last lines that it has printed. */
  output(): string;
  /** Asks it to end, and kills it when it has not after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** Ends it at once (SIGKILL). Resolves when it is gone. */
  kill(): Promise<void>;
};

/** What to start: `what` names it for people, `log` is the file that its output is appended to. */
export type Start = { what: string; command: string[]; env?: Record<string, string>; folder: string; log: string };

/**
 * Starts a command. Throws when it cannot be started at all, saying which command and why.
 * No child outlives this process, unless this process is killed with SIGKILL.
 */
export async function startChild({ what, command, env, folder, log }: Start): Promise<Child> {
  const [program = "", ...args] = command;
  const file = openSync(log, "a+");
  const begin = fstatSync(file).size;
  let isAsked = false;
  let isGone = false;

  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", file, file],
      detached: true,
    });
    await once(child, "spawn");
  } catch (error) {
    throw new Error(
      `${what} could not be started: ${reason(error)}. The command, run in ${folder}, was: ${command.join(" ")}`,
    );
  } finally {
    closeSync(file);
  }
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid as number;
  running.add(pid);
  const ended = exited.then(() => {
    signalGroup(pid, "SIGKILL"); // what the command itself has left behind
    running.delete(pid);
    isGone = true;
  });
  const ask = (signal: NodeJS.Signals) => {
    isAsked = true;
    if (!isGone) signalGroup(pid, signal);
  };
  const output = () => lastLines(log, begin);

  return {
    pid,
    ended,
    died: new Promise((resolve) => {
      exited.then(({ code, signal }) => {
        if (!isAsked) resolve({ what, code, signal, output: output() });
      });
    }),
    output,
    async stop(graceMs) {
      ask("SIGTERM");
      const patience = setTimeout(() => ask("SIGKILL"), graceMs);
      await ended;
      clearTimeout(patience);
    },
    async kill() {
      ask("SIGKILL");
      await ended;
    },
  };
}

/** A death in words, with the last lines of output below it. */
export function describeDeath({ what, code, signal, output }: Death): string {
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return `${what} ${how}. ${quote(output)}`;
}

/** Output as it is shown in a message. */
export const quote = (output: string): string =>
  output === "" ? "It printed nothing." : `Its last lines:\n${output.replaceAll(/^/gm, "  | ")}`;

/** The last lines of a log file, at most twenty, of what was written after its first `begin` bytes. */
export function lastLines(log: string, begin = 0): string {
  const file = openSync(log, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(MOST_BYTES, size - begin));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString().trimEnd().split("\n").slice(-MOST_LINES).join("\n");
  } finally {
    closeSync(file);
  }
}

/** Sends a signal to a whole process group; one that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) signalGroup(pid, "SIGKILL");
});

const MOST_BYTES = 8192;
const MOST_LINES = 20;
