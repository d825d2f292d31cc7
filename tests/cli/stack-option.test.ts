import { Command } from "commander";
import { afterEach, expect, test } from "vitest";
import { stackOption } from "../../cli/stack-option.ts";
import { UsageError } from "../../cli/usage.ts";

const stackOf = (...args: string[]): unknown =>
  new Command().exitOverride().addOption(stackOption()).parse(args, { from: "user" }).opts().stack;

const before = process.env.MAHA_STACK;
afterEach(() => {
  if (before === undefined) delete process.env.MAHA_STACK;
  else process.env.MAHA_STACK = before;
});

test("the stack is the one that is named, else the environment's, else staging", () => {
  process.env.MAHA_STACK = "";
  expect(stackOf()).toBe("staging");
  process.env.MAHA_STACK = "local";
  expect(stackOf()).toBe("local");
  expect(stackOf("--stack", "prod")).toBe("prod");
});

test("a path, or a name that a platform would reject, is not a stack name, wherever it comes from", () => {
  for (const name of ["../staging", "Dev_1", "a".repeat(25)]) {
    expect(() => stackOf("--stack", name)).toThrow(UsageError);
    expect(() => stackOf("--stack", name)).toThrow(/^--stack .*: a stack name has at most 24 lower-case letters/);
    process.env.MAHA_STACK = name;
    expect(() => stackOf()).toThrow(UsageError);
    delete process.env.MAHA_STACK;
  }
});
