import { styleText } from "node:util";
import type { Event } from "../promotion/events.ts";
import type { State } from "../promotion/state.ts";
import { clockTime } from "../report/format.ts";
import { news, standing, standingInShort } from "./news.ts";
import { Block, clean, widthOf, wrap } from "./terminal.ts";

/** Shows people how a promotion goes. No line is wider than the terminal. */
export type Progress = {
  /** What the promotion wrote to its journal, and the state after it. */
  event(state: State, event: Event): void;
  /** A line beside the promotion's own. */
  say(line: string): void;
  /** Nothing more comes; what was drawn to be drawn over goes away. */
  end(): void;
};

/** In plain lines, how long nothing is said of a promotion that only waits, in milliseconds. */
const QUIET_MS = 5000;

/**
 * Progress on `stream`: on a terminal a block that is drawn anew with every event, below one line for each step that is over;
 * where `plain`, lines only: one for each change, and at most one in five seconds while the promotion waits.
 */
export function progress({ stream, plain }: { stream: NodeJS.WriteStream; plain: boolean }): Progress {
  return plain ? inLines(stream) : inBlock(stream);
}

function inLines(stream: NodeJS.WriteStream): Progress {
  const told = teller();
  let spokeAt = Number.NEGATIVE_INFINITY;
  return {
    event: (state, event) => {
      const line = told(state, event) ?? (event.at - spokeAt >= QUIET_MS ? standingInShort(state) : null);
      if (line === null) return;
      write(stream, time(state, event), line);
      spokeAt = event.at;
    },
    say: (line) => write(stream, "", line),
    end: () => {},
  };
}

/**
 * Drawn by hand rather than with a task list: a task list runs the tasks and takes over the process's output and signals,
 * while a promotion runs itself, may begin in the middle, and only tells what it did.
 */
function inBlock(stream: NodeJS.WriteStream): Progress {
  const told = teller();
  const block = new Block(stream);
  let lines: string[] = [];
  const above = (prefix: string, line: string) => {
    block.clear();
    write(stream, prefix, line, coloured);
    block.draw(lines, firstBold);
  };
  return {
    event: (state, event) => {
      const line = told(state, event);
      lines = standing(state);
      // what it waits for stands in the block
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

/** Remembers the state before each event, for what has changed with it. */
function teller(): (state: State, event: Event) => string | null {
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

// whether there are colours at all is the caller's decision, by `plain`
const colours = { validateStream: false };
const firstBold = (line: string, i: number): string => (i === 0 ? styleText("bold", line, colours) : line);
const coloured = (line: string): string =>
  line
    .replace(/[▲✔]/, (sign) => styleText("green", sign, colours))
    .replace("■", (sign) => styleText("yellow", sign, colours))
    .replace("▼", (sign) => styleText("red", sign, colours));
