import { REQUESTS, STATS_PREFIX } from "../../edge/counters.ts";
import { CALLERS, type Outcome, RULES } from "../../edge/outcomes.ts";

/** One relabeling step of a scrape: where the labels `from`, joined by `;`, match `regex`, `label` becomes `value`. */
export type Relabeling = { from: readonly string[]; regex: string; label: string; value: string };

const users = Object.keys(CALLERS).filter((route) => CALLERS[route] === "user");

/**
 * Labels added to the edge's counters on scrape, so that no rule has to know Envoy's flags: `service`, and for users'
 * requests their `outcome` by the edge's own table. Later steps win, so the table is reversed.
 */
export const edgeRelabelings: readonly Relabeling[] = [
  { from: ["revision"], regex: "(.+)-[0-9a-f]{10}", label: "service", value: "$1" },
  {
    from: ["__name__", "route"],
    regex: `envoy_${STATS_PREFIX}_${REQUESTS};(${users.join("|")})`,
    label: "outcome",
    value: "good" satisfies Outcome,
  },
  ...RULES.toReversed().map(({ when, outcome }) => ({
    from: ["outcome", ...Object.keys(when)],
    regex: [".+", ...Object.values(when).map((value) => `(?:${value})`)].join(";"),
    label: "outcome",
    value: outcome,
  })),
];
