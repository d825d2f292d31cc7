import type { compute } from "@pulumi/gcp/types/input.js";
import type { Seconds } from "../../../ecosystem/units.ts";
import type { Settings } from "../../config/schema.ts";

type ArmorRule = compute.SecurityPolicyRule;

/** How long an address with excessive requests is banned, in seconds. */
const BAN_SECONDS: Seconds = 600;

/**
 * The Cloud Armor rules: a client is an IP address; beyond its requests per minute it gets 429, and once the rejected
 * requests within an hour exceed the hourly limit, it is banned for a while. Cloud Armor counts per interval only, so there is
 * no burst.
 */
export function rateRules({ perMinute, perHour }: Settings["edge"]["rateLimit"]): ArmorRule[] {
  const everybody = { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: ["*"] } };
  return [
    {
      description: `${perMinute} requests a minute per client`,
      priority: 1000,
      action: "rate_based_ban",
      match: everybody,
      rateLimitOptions: {
        enforceOnKey: "IP",
        conformAction: "allow",
        exceedAction: "deny(429)",
        rateLimitThreshold: { count: perMinute, intervalSec: 60 },
        banThreshold: { count: perHour, intervalSec: 3600 },
        banDurationSec: BAN_SECONDS,
      },
    },
    { description: "default rule, required by the platform", priority: 2147483647, action: "allow", match: everybody },
  ];
}
