import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Milliseconds } from "../ecosystem/units.ts";
import { plainText } from "../load/plain-text.ts";
import { reason } from "../load/reason.ts";

/** An unexpected exit of a child: its name, exit code or signal, and last lines of output. */
export type Death = { what: string; code: number | null; signal: string | null; output: string };

/** A running command in its own process group, so that its descendants end with it. */
export type Child = {
  pid: number;
  /** Resolves when the command has ended, for any reason. */
  ended: Promise<void>;
  /** Resolves only if it ends unexpectedly. */
  died: Promise<Death>;
  /** Its last lines of output. */
  output(): string;
  /** Sends SIGTERM, and SIGKILL after `graceMs`. Resolves when it has ended. */
  stop(graceMs: Milliseconds): Promise<void>;
  /** Sends SIGKILL. Resolves when it has ended. */
  kill(): Promise<void>;
};

/** What to start: `what` names it in messages, `log` is the file for its output. */
export type Start = { what: string; command: string[]; env?: Record<string, string>; folder: string; log: string };

/**
 * Starts a command. Throws if it cannot be started, naming the command and the cause.
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
      env: { ...inherited(process.env), ...env },
      stdio: ["ignore", file, file],
      detached: true,
    });
    await once(child, "spawn");
  } catch (error) {
    throw new Error(`could not start ${what}: ${reason(error)}. Command, in ${folder}: ${command.join(" ")}`);
  } finally {
    closeSync(file);
  }
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid as number;
  running.add(pid);
  const ended = exited.then(() => {
    signalGroup(pid, "SIGKILL"); // its leftover descendants
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
      const timer = setTimeout(() => ask("SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      ask("SIGKILL");
      await ended;
    },
  };
}

/**
 * The part of this process's environment that commands inherit. Anything else may be a secret and is passed only when the
 * workload names it.
 */
const inherited = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(INHERITED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

const INHERITED = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"];

/** Describes an exit, followed by the last lines of output. */
export function describeDeath({ what, code, signal, output }: Death): string {
  const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  return `${what} ${how}. ${quote(output)}`;
}

/** Quotes output in a message. */
export const quote = (output: string): string =>
  output === "" ? "It printed nothing." : `Its last lines:\n${output.replaceAll(/^/gm, "  | ")}`;

/** The last lines of a log file, at most twenty and without control sequences, ignoring its first `begin` bytes. */
export function lastLines(log: string, begin = 0): string {
  const file = openSync(log, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(MOST_BYTES, size - begin));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return plainText(bytes.toString()).trimEnd().split("\n").slice(-MOST_LINES).join("\n");
  } finally {
    closeSync(file);
  }
}

/** Sends a signal to a process group; a group that has ended is not an error. */
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
