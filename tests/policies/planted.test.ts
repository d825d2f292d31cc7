import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { targets } from "../../ecosystem/targets.ts";
import { analyse, answered, resourceRequest, server } from "../../policies/analyse.ts";
import { PACK, policiesOf } from "../../policies/policies.ts";
import type { DeclaredResource } from "../../policies/readers/declared-resource.ts";
import { allProven, knownOf, toldOf } from "./graphs.ts";
import { diagnosticsOf } from "./pack-process.ts";

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
    Object.entries(value).map(([key, item]) => [
      key,
      key === "4dabf18193072939515e22adb298388d" ? item : plant(item, chosen),
    ]),
  );
}

describe.each(targets)("whatever stands in the properties of prod on %s", (target) => {
  const planted = async (chosen: () => "keep" | "replace" | "append"): Promise<DeclaredResource[]> =>
    (await toldOf("prod", target)).map((one) => ({ ...one, inputs: plant(one.inputs, chosen) as object }));

  test.each(["replace", "append"] as const)("no message of a check repeats it: all texts, %s", async (how) => {
    const told = await planted(() => how);
    expect(JSON.stringify(await analyse(told, facts))).not.toContain(MARK);
    const analyze = server.makeAnalyzeRpcFun(PACK, "0", "mandatory", policiesOf({ factsOf: () => facts }));
    for (const one of told)
      expect(diagnosticsOf(await answered(analyze, resourceRequest(one))).join()).not.toContain(MARK);
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
          const told = await planted(() => (random() < part ? (random() < 0.5 ? "replace" : "append") : "keep"));
          expect(JSON.stringify(await analyse(told, facts))).not.toContain(MARK);
        },
      ),
      { numRuns: 15 },
    );
  });
});
