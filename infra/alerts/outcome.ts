import { REQUESTS, STATS_PREFIX } from "../../edge/counters.ts";
import { FLAGS } from "../../edge/flags.ts";
import { ROUTES } from "../../edge/routes.ts";

/** One step of a scrape that gives a label: where the labels `from`, joined by `;`, match, `label` becomes `value`. */
export type Relabeling = { from: readonly string[]; regex: string; label: string; value: string };

const carries = (flags: readonly string[]) => `(.+,)?(${flags.join("|")})(,.+)?`;

const counted = (outcome: "good" | "failed" | "neutral", from: readonly string[], regex: string): Relabeling => ({
  from: ["outcome", ...from],
  regex: `(good|neutral);${regex}`,
  label: "outcome",
  value: outcome,
});

/**
 * Labels that the counters of the edge get when they are scraped, so that no rule has to know Envoy's flags: `service`,
 * and for users' requests their `outcome` as the promotion judges it (`promotion/platforms/envoy-files/metrics.ts`). Later steps win.
 */
export const edgeRelabelings: readonly Relabeling[] = [
  { from: ["revision"], regex: "(.+)-[0-9a-f]{10}", label: "service", value: "$1" },
  {
    from: ["__name__", "route"],
    regex: `envoy_${STATS_PREFIX}_${REQUESTS};(${ROUTES.new}|${ROUTES.session})`,
    label: "outcome",
    value: "good",
  },
  // an expired session, too large a body, no valid token, one request too many: nothing of these is the service's doing
  counted("neutral", ["route", "code"], `${ROUTES.session};404`),
  counted("neutral", ["code"], "401"),
  counted("neutral", ["code"], "413"),
  counted("neutral", ["flags"], carries(FLAGS.neutral)),
  // who leaves at once says nothing; who waited past the latency bound first was made to
  counted("neutral", ["flags", "slow"], `${carries(FLAGS.left)};false`),
  counted("good", ["flags", "slow"], `${carries(FLAGS.left)};true`),
  counted("failed", ["code"], "5.."),
  counted("failed", ["flags"], carries(FLAGS.failure)),
];
