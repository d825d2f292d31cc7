import { expect, test } from "vitest";
import { services } from "../../ecosystem/services.ts";

test("the services start in the order in which they need each other", () => {
  expect(services.map(({ name, port }) => [name, port])).toEqual([
    ["session-buddy", 8678],
    ["akosha", 8682],
    ["mahavishnu", 8680],
  ]);
});

test.each(services)("$name has two safe calls, and every one is among its tools", ({ tools, calls }) => {
  expect(calls).toHaveLength(2);
  expect(tools).toEqual(expect.arrayContaining([...calls]));
});
