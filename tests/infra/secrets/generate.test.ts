import { describe, expect, test } from "vitest";
import { secretNamed, secretNames } from "../../../ecosystem/secrets.ts";
import { generate } from "../../../infra/secrets/generate.ts";

const made = secretNames.filter((name) => secretNamed(name).origin === "generated");

describe.each(made)("%s", (name) => {
  test("always has its form, and is never the same twice", () => {
    const values = Array.from({ length: 200 }, () => generate(name));
    expect(values.filter((value) => !secretNamed(name).form.holds(value))).toEqual([]);
    expect(new Set(values).size).toBe(values.length);
  });
});

test("given and derived secrets are not generated", () => {
  expect(() => generate("slack-webhook-url")).toThrow("slack-webhook-url cannot be generated");
  expect(() => generate("akosha-database-url")).toThrow("akosha-database-url cannot be generated");
});
