import { expect, test } from "vitest";
import { edgeRelabelings } from "../../../infra/alerts/outcome.ts";
import { countsOf } from "../../../promotion/platforms/envoy-files/metrics.ts";
import { at } from "../../fixtures/edge/everyday.ts";

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

const revision = "echo-0123456789";
const settings = {
  folder: "/var/lib/edge",
  services: [{ name: "echo", listen: at(8000), stable: { id: revision, endpoints: [at(9001)] } }],
};

/** What the promotion makes of one request. */
function judged(labels: Labels): string | undefined {
  const text = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  const user = countsOf(`envoy_edge_requests{${text.join(",")}} 1\n`, settings).echo?.stable.user;
  if (user?.failures === 1) return "failed";
  return user?.requests === 1 ? "good" : undefined;
}

const codes = ["0", "200", "401", "404", "413", "429", "500", "503"];
const flags = ["-", "UF", "UC", "UPE", "DC", "DR", "RL", "NR", "DPE", "DC,UT", "RL,DC", "UF,URX"];

test.each(codes.flatMap((code) => flags.map((flag) => [code, flag])))(
  "code %s with %s counts for an alert as it does for a promotion",
  (code, flags) => {
    for (const route of ["new", "session", "probe", "probe-session", "ended", "no-revision"]) {
      for (const slow of ["true", "false"]) {
        const labels = { revision, route, code: `${code}`, flags: `${flags}`, slow };
        const { outcome } = scraped({ __name__: "envoy_edge_requests", ...labels });
        expect({ ...labels, outcome: outcome === "neutral" ? undefined : outcome }).toEqual({
          ...labels,
          outcome: judged(labels),
        });
      }
    }
  },
);

test("the service is the revision's, and what no revision answered keeps its own", () => {
  expect(scraped({ revision: "session-buddy-0123456789" })).toMatchObject({ service: "session-buddy" });
  expect(scraped({ revision: "", service: "edge" })).toMatchObject({ service: "edge" });
});
