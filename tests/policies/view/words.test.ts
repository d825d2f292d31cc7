import { expect, test } from "vitest";
import { commandsOf } from "../../../policies/view/words.ts";

test.each([
  ["one two\nthree", [["one", "two"], ["three"]]],
  ["one 'two three' four", [["one", "two three", "four"]]],
  ["one 'a\nb' two", [["one", "a\nb", "two"]]],
  ["say 'it'\\''s'", [["say", "it's"]]],
  ["one \\\n  two", [["one", "two"]]],
  ["# a comment, it's nothing\none # two\nthree", [["one"], ["three"]]],
  ["--a='b c' ''", [["--a=b c", ""]]],
  ["one 'never ends", [["one", "never ends"]]],
  ["\n\n", []],
])("the commands of %j", (script, commands) => {
  expect(commandsOf(script)).toEqual(commands);
});
