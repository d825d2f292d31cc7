import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { targets } from "../../ecosystem/targets.ts";
import { type DeclaredResource, fromDeclared, SIGNATURE } from "../../policies/readers/declared-resource.ts";
import { resourceViolations } from "../../policies/violations.ts";
import { allProven, declaredOf, knownOf, reportOf } from "./graphs.ts";

const MARK = "Planted7";
const facts = knownOf("prod", { evidence: allProven() });

/** The same value with something planted in those of its texts that are chosen. */
function plant(value: unknown, chosen: () => "keep" | "replace" | "append"): unknown {
  if (typeof value === "string") {
    const how = chosen();
    return how === "keep" ? value : how === "append" ? `${value}${MARK}` : `${MARK}-secret`;
  }
  if (Array.isArray(value)) return value.map((item) => plant(item, chosen));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === SIGNATURE ? item : plant(item, chosen)]),
  );
}

describe.each(targets)("with arbitrary values in the properties of prod on %s", (target) => {
  const planted = async (chosen: () => "keep" | "replace" | "append"): Promise<DeclaredResource[]> =>
    (await declaredOf("prod", target)).map((one) => ({ ...one, inputs: plant(one.inputs, chosen) as object }));

  test.each(["replace", "append"] as const)("no message of a check repeats it: all texts, %s", async (how) => {
    const declared = await planted(() => how);
    expect(JSON.stringify(reportOf(declared, facts))).not.toContain(MARK);
    const violations = declared.flatMap((one) => resourceViolations(fromDeclared(one), facts));
    expect(JSON.stringify(violations.map(({ message }) => message))).not.toContain(MARK);
  });

  test("no message of a check repeats it: any texts", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.constantFrom(0.5, 0.1, 0.02),
        async (seed, part) => {
          let state = seed;
          const random = () => {
            state = (Math.imul(state, 48271) >>> 0) % 2147483647;
            return state / 2147483647;
          };
          const declared = await planted(() => (random() < part ? (random() < 0.5 ? "replace" : "append") : "keep"));
          expect(JSON.stringify(reportOf(declared, facts))).not.toContain(MARK);
        },
      ),
      { numRuns: 15 },
    );
  });
});
