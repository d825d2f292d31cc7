import fc from "fast-check";
import { expect, test } from "vitest";
import { CALLERS, judge } from "../../../edge/outcomes.ts";
import { ROUTES } from "../../../edge/routes.ts";
import { edgeRelabelings } from "../../../infra/alerts/outcome.ts";

type Labels = Record<string, string>;

/** What a scrape does: each step looks at the labels as the steps before have left them. */
function scraped(found: Labels): Labels {
  const labels = { ...found };
  for (const { from, regex, label, value } of edgeRelabelings) {
    const match = new RegExp(`^(?:${regex})$`).exec(from.map((name) => labels[name] ?? "").join(";"));
    if (match) labels[label] = value.replace("$1", match[1] ?? "");
  }
  return labels;
}

const some = fc.record({
  route: fc.constantFrom(...Object.values(ROUTES)),
  by: fc.constantFrom("server", "edge", ""),
  code: fc.constantFrom("", "200", "401", "404", "413", "429", "3xx", "4xx", "500", "503"),
  flags: fc.constantFrom("-", "UF", "UC", "UPE", "SI", "DC", "DR", "RL", "NR", "DPE", "DC,UT", "RL,DC", "UF,URX"),
  answer: fc.constantFrom("", "read", "tool_error", "rpc_error", "unread", "none"),
  slow: fc.constantFrom("", "true", "false"),
});

test("a request of a user counts for an alert as it does for a promotion, and no other counts", () => {
  fc.assert(
    fc.property(some, (facts) => {
      const { outcome } = scraped({ __name__: "envoy_edge_requests", revision: "echo-0123456789", ...facts });
      expect(outcome).toBe(CALLERS[facts.route] === "user" ? judge(facts).outcome : undefined);
    }),
    { numRuns: 3000 },
  );
});

test("the service is the revision's, and what no revision answered keeps its own", () => {
  expect(scraped({ revision: "session-buddy-0123456789" })).toMatchObject({ service: "session-buddy" });
  expect(scraped({ revision: "", service: "edge" })).toMatchObject({ service: "edge" });
});
