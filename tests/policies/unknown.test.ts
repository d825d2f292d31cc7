import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NotProven } from "../../policies/resource.ts";
import { guarded, isUnknown } from "../../policies/unknown.ts";
import { UNKNOWN } from "./fixtures.ts";

const one = { type: "x:y:Thing", name: "one", urn: "urn:one" };

test("the markers are those of the policy server, all of them", () => {
  const server = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as Record<string, string>;
  const markers = Object.entries(server).filter(([name]) => /^unknown.*Value$/.test(name));
  expect(markers).toHaveLength(7);
  for (const [name, marker] of markers) expect(isUnknown(marker), name).toBe(true);
});

describe("guarded inputs", () => {
  test("throw with the path of an unknown input, and only when it is read", () => {
    const props = guarded({ a: { b: [1, UNKNOWN, { c: UNKNOWN }] }, d: 2 }, one) as {
      a: { b: [number, string, { c: string }] };
      d: number;
    };
    expect([props.a.b[0], props.d, Object.keys(props.a.b[2])]).toEqual([1, 2, ["c"]]);
    expect(() => props.a.b[1]).toThrow(new NotProven("a.b[1]", one));
    expect(() => props.a.b[2].c).toThrow(new NotProven("a.b[2].c", one));
  });

  test("are the inputs themselves where everything is known", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (inputs) => {
        expect(guarded(inputs, one)).toBe(inputs);
      }),
    );
  });
});
