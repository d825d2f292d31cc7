import { styleText } from "node:util";
import type { Milliseconds } from "../ecosystem/units.ts";
import type { Event } from "../promotion/events.ts";
import type { State } from "../promotion/state.ts";
import { clockTime } from "../report/format.ts";
import { news, status, statusLine } from "./news.ts";
import { Block, clean, widthOf, wrap } from "./terminal.ts";

/** Shows a promotion's progress. No line is wider than the terminal. */
export type Progress = {
  /** Shows a journal event; `state` is the state after it. */
  event(state: State, event: Event): void;
  /** Prints a line that is not about the promotion. */
  say(line: string): void;
  /** Ends the progress and clears the live block. */
  end(): void;
};

/** In plain lines, the least time between two status lines, in milliseconds. */
const QUIET_MS: Milliseconds = 5000;

/**
 * Progress on `stream`. On a terminal: one line per finished step, above a block that is redrawn with every event.
 * With `plain`: one line per change, and at most one every five seconds while the promotion waits.
 */
export function progress({ stream, plain }: { stream: NodeJS.WriteStream; plain: boolean }): Progress {
  return plain ? inLines(stream) : inBlock(stream);
}

function inLines(stream: NodeJS.WriteStream): Progress {
  const newsOf = newsReader();
  let printedAt = Number.NEGATIVE_INFINITY;
  return {
    event: (state, event) => {
      const line = newsOf(state, event) ?? (event.at - printedAt >= QUIET_MS ? statusLine(state) : null);
      if (line === null) return;
      write(stream, time(state, event), line);
      printedAt = event.at;
    },
    say: (line) => write(stream, "", line),
    end: () => {},
  };
}

/**
 * Hand-drawn because a task-list library runs the tasks itself and takes over output and signals, while a promotion runs
 * by itself, may be resumed in the middle, and only reports what it did.
 */
function inBlock(stream: NodeJS.WriteStream): Progress {
  const newsOf = newsReader();
  const block = new Block(stream);
  let lines: string[] = [];
  const above = (prefix: string, line: string) => {
    block.clear();
    write(stream, prefix, line, coloured);
    block.draw(lines, firstBold);
  };
  return {
    event: (state, event) => {
      const line = newsOf(state, event);
      lines = status(state);
      // the block already shows what it waits for
      if (line === null || line.startsWith("·")) block.draw(lines, firstBold);
      else above(time(state, event), line);
    },
    say: (line) => above("", line),
    end: () => {
      block.clear();
      lines = [];
    },
  };
}

/** Remembers the previous state, to tell what an event changed. */
function newsReader(): (state: State, event: Event) => string | null {
  let before: State | null = null;
  return (state, event) => {
    const line = news(before, state, event);
    before = state;
    return line;
  };
}

const time = ({ begun }: State, { at }: Event): string => `${clockTime((at - begun.at) / 1000).padStart(6)}  `;

function write(stream: NodeJS.WriteStream, prefix: string, text: string, style = (line: string) => line): void {
  const lines = text.split("\n").flatMap((line) => wrap(prefix, clean(line), widthOf(stream)));
  stream.write(lines.map((line) => `${style(line)}\n`).join(""));
}

// the caller decides about colours with `plain`
const colours = { validateStream: false };
const firstBold = (line: string, i: number): string => (i === 0 ? styleText("bold", line, colours) : line);
const coloured = (line: string): string =>
  line
    .replace(/[▲✔]/, (sign) => styleText("green", sign, colours))
    .replace("■", (sign) => styleText("yellow", sign, colours))
    .replace("▼", (sign) => styleText("red", sign, colours));
