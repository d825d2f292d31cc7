import { stripVTControlCharacters } from "node:util";

/** A block of lines at the bottom of a terminal that is redrawn, below lines that stay. */
export class Block {
  #stream: NodeJS.WriteStream;
  #drawn: string[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Redraws the block with these lines, cut to the terminal's width. `style` colours a line without widening it. */
  draw(lines: readonly string[], style: (line: string, i: number) => string): void {
    const cut = lines.map((line) => shorten(clean(line), widthOf(this.#stream)));
    this.#stream.write(this.#erasing() + cut.map((line, i) => `${style(line, i)}\n`).join(""));
    this.#drawn = cut;
  }

  /** Clears the block. */
  clear(): void {
    this.#stream.write(this.#erasing());
    this.#drawn = [];
  }

  /** Moves to the block's first line and erases from there; a narrower terminal has wrapped the lines. */
  #erasing(): string {
    const width = widthOf(this.#stream);
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(columns(line) / width)), 0);
    return rows > 0 ? `\u001b[${rows}A\r\u001b[0J` : "";
  }
}

/** The terminal's width; unlimited for other streams. */
export const widthOf = (stream: NodeJS.WriteStream): number => stream.columns || Number.POSITIVE_INFINITY;

/** Untrusted text as one line without control characters. */
export const clean = (text: string): string => stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");

/** Wraps text behind a prefix to `width` columns, between words where possible, with a hanging indent. */
export function wrap(prefix: string, text: string, width: number): string[] {
  const room = width - prefix.length;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((word) => pieces(word, room))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || columns(longer) <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((line, i) => (i === 0 ? prefix : " ".repeat(prefix.length)) + line);
}

function pieces(word: string, width: number): string[] {
  if (columns(word) <= width) return [word];
  const piece = start(word, Math.max(2, width));
  return [piece, ...pieces(word.slice(piece.length), width)];
}

/** The text cut to `width` columns, with an ellipsis. */
const shorten = (text: string, width: number): string => (columns(text) <= width ? text : `${start(text, width - 1)}…`);

/** The longest prefix that fits into `width` columns. */
function start(text: string, width: number): string {
  let room = width;
  let result = "";
  for (const character of text) {
    room -= columns(character);
    if (room < 0) break;
    result += character;
  }
  return result;
}

const columns = (text: string): number =>
  [...text].reduce((sum, character) => sum + (NONE.test(character) ? 0 : TWO.test(character) ? 2 : 1), 0);

/** Characters of zero width, and those that may be two columns wide: East Asian characters and emoji. */
const NONE = /[\p{M}\u200b-\u200d]/u;
const TWO = /[\u1100-\u115f\u2e80-\uffdc\u{1f000}-\u{3ffff}]/u;
