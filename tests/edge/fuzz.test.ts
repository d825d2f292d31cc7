import { expect, onTestFinished, test } from "vitest";
import { fuzzEdge } from "../fixtures/edge/fuzzed.ts";
import { describeWith } from "../fixtures/tools.ts";

describeWith(["openssl"], "an edge under malformed and forged requests", {}, () => {
  test.each([1, 20_261_130])(
    "lives, and leads nobody to another one's session or to the candidate (seed %i)",
    {
      timeout: 60_000,
    },
    async (seed) => {
      const fuzzed = await fuzzEdge(onTestFinished, { seed, requests: 3000, seconds: 20 });
      expect(fuzzed).toMatchObject({ alive: true, trespasses: [], candidateSeen: 0 });
      // both what passes and what is refused has been tried
      expect(fuzzed.passed).toBeGreaterThan(100);
      expect(Object.keys(fuzzed.statuses)).toEqual(expect.arrayContaining(["200", "400", "401", "403", "404"]));
    },
  );
});
