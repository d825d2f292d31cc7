import { expect, test } from "vitest";
import { rateRules } from "../../../../infra/targets/cloud-run/armor.ts";

test("a client is an address: beyond its requests per minute it gets 429, and if it persists it is banned", () => {
  const [limit, last] = rateRules({ perMinute: 60, burst: 10, perHour: 1000 });
  expect(limit).toMatchObject({
    action: "rate_based_ban",
    match: { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: ["*"] } },
    rateLimitOptions: {
      enforceOnKey: "IP",
      conformAction: "allow",
      exceedAction: "deny(429)",
      rateLimitThreshold: { count: 60, intervalSec: 60 },
      banThreshold: { count: 1000, intervalSec: 3600 },
      banDurationSec: 600,
    },
  });
  expect(last).toMatchObject({ action: "allow", priority: 2147483647 });
});

test("the limit is the settings'", () => {
  expect(rateRules({ perMinute: 7, burst: 1, perHour: 70 })[0]?.rateLimitOptions).toMatchObject({
    rateLimitThreshold: { count: 7, intervalSec: 60 },
    banThreshold: { count: 70, intervalSec: 3600 },
  });
});
