import { REQUESTS, STATS_PREFIX } from "../../edge/counters.ts";
import { FLAGS } from "../../edge/flags.ts";
import { ROUTES } from "../../edge/routes.ts";

/** One relabeling step of a scrape: where the labels `from`, joined by `;`, match `regex`, `label` becomes `value`. */
export type Relabeling = { from: readonly string[]; regex: string; label: string; value: string };

const carries = (flags: readonly string[]) => `(.+,)?(${flags.join("|")})(,.+)?`;

const counted = (outcome: "good" | "failed" | "neutral", from: readonly string[], regex: string): Relabeling => ({
  from: ["outcome", ...from],
  regex: `(good|neutral);${regex}`,
  label: "outcome",
  value: outcome,
});

/**
 * Labels added to the edge's counters on scrape, so that no rule has to know Envoy's flags: `service`, and for users'
 * requests their `outcome` as the promotion judges it (`promotion/platforms/envoy-files/metrics.ts`). Later steps win.
 */
export const edgeRelabelings: readonly Relabeling[] = [
  { from: ["revision"], regex: "(.+)-[0-9a-f]{10}", label: "service", value: "$1" },
  {
    from: ["__name__", "route"],
    regex: `envoy_${STATS_PREFIX}_${REQUESTS};(${ROUTES.new}|${ROUTES.session})`,
    label: "outcome",
    value: "good",
  },
  // an expired session, an oversized body, an invalid token, a rate limit: none of these is the service's fault
  counted("neutral", ["route", "code"], `${ROUTES.session};404`),
  counted("neutral", ["code"], "401"),
  counted("neutral", ["code"], "413"),
  counted("neutral", ["flags"], carries(FLAGS.neutral)),
  // a client that disconnects early proves nothing, unless it waited longer than the latency bound first
  counted("neutral", ["flags", "slow"], `${carries(FLAGS.left)};false`),
  counted("good", ["flags", "slow"], `${carries(FLAGS.left)};true`),
  counted("failed", ["code"], "5.."),
  counted("failed", ["flags"], carries(FLAGS.failure)),
];
