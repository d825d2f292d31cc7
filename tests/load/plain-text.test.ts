import fc from "fast-check";
import { expect, test } from "vitest";
import { plainText } from "../../load/plain-text.ts";

test.each([
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]0;a title\u0007after", "after"],
  ["\u001b]8;;https://attacker.test\u001b\\a link\u001b]8;;\u001b\\", "a link"],
  ["10 %\r20 %\r\ndone", "10 %\n20 %\ndone"],
  ["bell\u0007, null\u0000, c1 \u009b2J", "bell, null, c1 "],
  ["left\u202eright\u200b\u2028end", "leftrightend"],
  ["a\tb\nc ü 漢 🙂", "a\tb\nc ü 漢 🙂"],
])("%j is shown as %j", (text, shown) => {
  expect(plainText(text)).toBe(shown);
});

test("nothing that a terminal acts on is ever left", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(plainText(text)).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}/u);
    }),
  );
});
