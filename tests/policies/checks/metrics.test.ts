import { describe, expect, test } from "vitest";
import { metrics } from "../../../policies/checks/metrics.ts";
import { seriesIn } from "../../../policies/view/promql.ts";
import {
  asked,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  factsOf,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const prometheus = (jobs: string, expr = "up == 0") =>
  dockerContainer("prometheus", {
    command: [
      "write",
      "/etc/prometheus/prometheus.yml",
      `scrape_configs: ${jobs}`,
      "write",
      "/etc/prometheus/rules.yml",
      `groups: [{ rules: [{ alert: Down, expr: '${expr}' }] }]`,
    ],
    networksAdvanced: [{ aliases: ["edge", "akosha"] }],
  });
const job = (target: string, path = "/metrics", service = "akosha") =>
  `{ job_name: x, metrics_path: ${path}, static_configs: [{ targets: ['${target}'], labels: { service: ${service} } }] }`;
const edge = job("edge:9902", "/stats/prometheus", "edge");
const onHost = (jobs: string, expr?: string) => [dockerService("akosha"), prometheus(jobs, expr)];

const rule = (expr: unknown) =>
  resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
    spec: { groups: [{ rules: [{ alert: "Down", expr }] }] },
  });
const monitor = (path = "/metrics", port = "http") =>
  resource("kubernetes:monitoring.coreos.com/v1:PodMonitor", "monitor", {
    spec: { selector: { matchLabels: { revision: "akosha-1" } }, podMetricsEndpoints: [{ port, path }] },
  });
const edgeMonitor = resource("kubernetes:monitoring.coreos.com/v1:PodMonitor", "edge", {
  spec: {
    selector: { matchLabels: { revision: "akosha-1" } },
    podMetricsEndpoints: [{ port: "http", path: "/stats/prometheus" }],
  },
});

const policy = (query: string) =>
  resource("gcp:monitoring/alertPolicy:AlertPolicy", "down", {
    conditions: [{ conditionPrometheusQueryLanguage: { query } }],
  });
const watched = [
  resource("gcp:monitoring/slo:Slo", "slo", { service: "akosha" }),
  resource("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig", "uptime", { userLabels: { service: "akosha" } }),
];
const facts = factsOf();

describe("metrics", () => {
  test.each([
    ["a Docker host", onHost(`[${job("akosha:8682")}, ${edge}]`)],
    ["a cluster", [deployment("akosha"), rule("up == 0"), monitor(), edgeMonitor]],
    ["Cloud Run", [cloudService("akosha"), policy("up == 0"), ...watched]],
  ])("passes on %s", (_, resources) => {
    expect(reasons(asked(metrics, resources, facts))).toBe("");
  });
  test.each([
    ["another port", onHost(`[${job("akosha:8683")}, ${edge}]`), "nothing scrapes port 8682"],
    ["another path", onHost(`[${job("akosha:8682", "/stats")}, ${edge}]`), "nothing scrapes port 8682"],
    ["no scrape of the edge", onHost(`[${job("akosha:8682")}]`), "nothing scrapes the edge"],
    ["a scrape of nobody", onHost(`[${job("akosha:8682")}, ${edge}, ${job("nobody:8080")}]`), "does not exist"],
    [
      "a series that nobody exports",
      onHost(`[${job("akosha:8682")}, ${edge}]`, "http_requests_total > 1"),
      "groups[0].rules[0]",
    ],
    [
      "a monitor of another path",
      [deployment("akosha"), rule("up"), monitor("/stats"), edgeMonitor],
      "nothing scrapes",
    ],
    [
      "a monitor of another port",
      [deployment("akosha"), rule("up"), monitor("/metrics", "grpc"), edgeMonitor],
      "nothing scrapes",
    ],
    ["no SLO", [cloudService("akosha"), policy("up"), watched[1] as never], "no SLO"],
    ["no uptime check", [cloudService("akosha"), policy("up"), watched[0] as never], "no uptime check"],
    ["no alert", [cloudService("akosha"), ...watched], "defines no alerts"],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(metrics, resources, facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("is not proven where an expression is unknown", () => {
    const outcome = asked(metrics, [deployment("akosha"), rule(UNKNOWN), monitor(), edgeMonitor], facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: spec.groups[0].rules[0].expr");
  });
});

test.each([
  ["up == 0", ["up"]],
  ['max by (service) (up{job=~"edge|services",role!="x"}) == 0', ["up"]],
  [
    'sum by (a, b) (rate(envoy_edge_requests{outcome="failed (a)"}[5m])) / on(a) group_left(b) other:series > 1e3',
    ["envoy_edge_requests", "other:series"],
  ],
  ['label_replace(group(absent(x)), "exporter", "cloud-run", "", "") or vector(1) unless y offset 5m', ["x", "y"]],
  [
    "histogram_quantile(0.95, sum by (le) (rate(run_googleapis_com:request_latencies_bucket[10m]))) > 1000",
    ["run_googleapis_com:request_latencies_bucket"],
  ],
])("the series of %s", (expression, series) => {
  expect(seriesIn(expression)).toEqual(series);
});

test.each([
  ["up", "pass"],
  ["nobody_exports_this", "fail"],
])("a recorded series counts as what it is recorded from: %s", (source, verdict) => {
  const rules = resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
    spec: {
      groups: [
        {
          rules: [
            { record: "since", expr: `since and on () (${source} == 0) or (${source} == 0) * time()` },
            { alert: "Down", expr: 'time() - since > 60 or since and ALERTS{alertstate="firing"}' },
          ],
        },
      ],
    },
  });
  const about = asked(metrics, [deployment("akosha"), monitor(), edgeMonitor, rules], facts).findings.filter(
    ({ resource }) => resource.includes("rules"),
  );
  expect(about.map((finding) => finding.verdict)).toEqual([verdict]);
});
