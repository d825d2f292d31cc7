import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Block, clean, wrap } from "../../rehearsal/terminal.ts";
import { screen } from "./screen.ts";

describe("wrapping", () => {
  test("breaks between words and hangs under the beginning", () => {
    expect(wrap("0:03  ", "the candidate exceeds its error budget", 20)).toEqual([
      "0:03  the candidate",
      "      exceeds its",
      "      error budget",
    ]);
  });

  test("no line is wider than the terminal, and no letter is lost", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), fc.integer({ min: 12, max: 60 }), (text, width) => {
        const lines = wrap("1:00  ", text, width);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        expect(
          lines
            .map((line) => line.slice(6))
            .join("")
            .replaceAll(" ", ""),
        ).toBe(text.replaceAll(" ", ""));
      }),
    );
  });

  test("without an end of line nothing is broken", () => {
    const long = "word ".repeat(100).trim();
    expect(wrap("", long, Number.POSITIVE_INFINITY)).toEqual([long]);
  });
});

test("text from outside is one line and steers nothing", () => {
  expect(clean("\u001b[2Jgone\r\nand \u001b]0;title\u0007 \u0000back\u2028on")).toBe("gone and   back on");
});

describe("a block", () => {
  const plainly = (line: string) => line;

  test("is drawn in its own place, and goes away", () => {
    const { stream, rows } = screen(20);
    const block = new Block(stream);
    stream.write("before\n");
    block.draw(["one", "two"], plainly);
    expect(rows()).toEqual(["before", "one", "two"]);
    block.draw(["three"], plainly);
    expect(rows()).toEqual(["before", "three"]);
    block.clear();
    expect(rows()).toEqual(["before"]);
    block.clear();
    expect(rows()).toEqual(["before"]);
  });

  test("cuts what is too wide, also where characters take two columns", () => {
    const { stream, rows } = screen(10);
    new Block(stream).draw(["0123456789", "0123456789a", "日本語日本語"], plainly);
    expect(rows()).toEqual(["0123456789", "012345678…", "日本語日…"]);
  });

  test("goes away whole from a terminal that has become narrower", () => {
    const { stream, log } = screen(20);
    const block = new Block(stream);
    block.draw(["0123456789", "01"], plainly);
    stream.columns = 5;
    block.clear();
    expect(log()).toContain("\u001b[3A"); // two rows of five, and one
  });
});
