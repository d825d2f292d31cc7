import type { compute } from "@pulumi/gcp/types/input.js";
import type { Seconds } from "../../../ecosystem/units.ts";
import type { Settings } from "../../config/schema.ts";

type ArmorRule = compute.SecurityPolicyRule;

/** How long an address is shut out that has asked for much too much, in seconds. */
const BAN_SECONDS: Seconds = 600;

/**
 * The rules of Cloud Armor: a client is its address; beyond its requests a minute it gets 429, and where the requests
 * beyond them reach an hour's worth within an hour it is shut out for a while. Cloud Armor knows a count and an interval
 * only, so it has no burst.
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
    { description: "the platform asks for a last rule", priority: 2147483647, action: "allow", match: everybody },
  ];
}
