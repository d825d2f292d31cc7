import { expect, test } from "vitest";
import { checkKeys, parseJson } from "../../ecosystem/json.ts";

test("JSON comes out as it is", () => {
  const value = { a: [1, { b: null }], constructor: "x", c: "__proto__" };
  expect(parseJson(JSON.stringify(value))).toEqual(value);
  expect(() => parseJson("{")).toThrow(SyntaxError);
});

test.each([
  ['{"__proto__": {}}', "the key __proto__ is not allowed"],
  ['{"a": {"b": [1, {"__proto__": 2}]}}', "the key __proto__ is not allowed (in a.b[1])"],
  ['[{"\\u005f_proto__": 1}]', "the key __proto__ is not allowed (in [0])"],
])("%s is refused with its place", (text, message) => {
  expect(() => parseJson(text)).toThrow(message);
});

test("the prototype that every object has is no key", () => {
  expect(() => checkKeys({ a: {} })).not.toThrow();
});
