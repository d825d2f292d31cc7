import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalogue } from "../../../infra/alerts/catalogue.ts";
import { edgeRelabelings } from "../../../infra/alerts/outcome.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");

test("the edge's counter has just the labels that Envoy writes and the scrape gives", () => {
  const [, written = ""] =
    /^envoy_edge_requests\{(.+)\} \d+$/m.exec(read("tests", "golden", "edge", "stats.prom.golden")) ?? [];
  const labels = [...written.matchAll(/(\w+)="/g)].map(([, label]) => label);
  const given = new Set(["job", "instance", ...edgeRelabelings.map(({ label }) => label)]);
  expect([...given, ...labels].sort()).toEqual([...catalogue.compose.envoy_edge_requests.labels].sort());
});

test("the backups' series are those that their script writes", () => {
  const script = read("images", "backup", "backup.sh");
  for (const [series, { exporter, labels }] of Object.entries(catalogue.compose)) {
    if (exporter !== "backup") continue;
    expect(script).toContain(`series ${series} `);
    expect([...labels]).toEqual(["job", "instance", "store"]);
  }
  expect(script).toContain('%s{store="%s"} %s');
});

test("both targets with our own edge have the same series", () => {
  const { compose, kubernetes } = catalogue;
  expect(kubernetes.envoy_edge_requests).toBe(compose.envoy_edge_requests);
  expect(kubernetes.up).toBe(compose.up);
});
