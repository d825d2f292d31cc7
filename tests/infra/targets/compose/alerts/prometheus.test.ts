import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { type prometheusConfig, prometheusFiles } from "../../../../../infra/targets/compose/alerts/prometheus.ts";
import { freePort } from "../../../../../rehearsal/port.ts";
import { describeWith } from "../../../../fixtures/tools.ts";
import { folderWith, run, serve } from "../../../alerts/tools.ts";

const revision = (service: "akosha" | "echo", last: string) => ({
  ...{ id: `${service}-000000000${last}`, service: service as "akosha", port: 8682, metrics: "/metrics" },
});

const files = (at: string) =>
  prometheusFiles({
    stack: "prod",
    host: { stores: ["settings"] },
    scrapes: {
      ...{ edge: at, nodeExporter: at, alertmanager: at },
      revisions: [
        { revision: { ...revision("akosha", "1"), port: Number(at.split(":")[1]) }, role: "stable", host: "127.0.0.1" },
        { revision: revision("akosha", "2"), role: "candidate", host: "akosha-0000000002" },
      ],
    },
  });

test("each live revision is scraped at its own port, with its role", () => {
  const { scrape_configs } = parse(files("edge:9902")["prometheus.yml"]) as ReturnType<typeof prometheusConfig>;
  expect(scrape_configs.find(({ job_name }) => job_name === "services/akosha-0000000002")).toEqual({
    job_name: "services/akosha-0000000002",
    metrics_path: "/metrics",
    static_configs: [
      {
        targets: ["akosha-0000000002:8682"],
        labels: { job: "services", service: "akosha", revision: "akosha-0000000002", role: "candidate" },
      },
    ],
  });
});

describeWith(["promtool"], "promtool", {}, () => {
  test("accepts prometheus.yml", async () => {
    const folder = folderWith(files("edge:9902"));
    await run("promtool", ["check", "config", join(folder, "prometheus.yml")]);
  });
});

describeWith(["prometheus"], "a real Prometheus", {}, () => {
  test("sees users' requests by their outcome, and revisions by their role", async () => {
    const api = await startPrometheus(await exporter());
    const value = async (query: string) => (await api.query(query)).map(({ value }) => Number(value[1]));
    await expect.poll(() => value("up"), { timeout: 20_000 }).toHaveLength(5);
    // counts.json.golden: 16 requests of users to the stable revision, 4 of them failed and 4 refused
    await expect.poll(() => value('sum(envoy_edge_requests{outcome!~"|neutral",service="echo"})')).toEqual([16]);
    expect(await value('sum(envoy_edge_requests{outcome="refused",service="echo"})')).toEqual([4]);
    expect(await value('sum(envoy_edge_requests{outcome="failed",service="echo"})')).toEqual([4]);
    expect(await value('up{job="services",service="akosha",role="stable",revision="akosha-0000000001"}')).toEqual([1]);
    expect(await value('up{job="services",role="candidate"}')).toEqual([0]);
    await expect.poll(() => api.health(), { timeout: 20_000 }).toEqual(["ok"]);
  });
});

/** Answers like the edge, with what Envoy really wrote, and like others, who tell nothing. */
async function exporter(): Promise<string> {
  const golden = join(import.meta.dirname, "..", "..", "..", "..", "golden", "edge", "stats.prom.golden");
  const envoys = (await readFile(golden, "utf8")).replaceAll('"echo-1"', '"echo-0000000001"');
  const server = createServer(({ url }, answer) => {
    answer.setHeader("content-type", "text/plain; version=0.0.4");
    answer.end(url === "/stats/prometheus" ? envoys : "");
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Sample = { metric: Record<string, string>; value: [number, string] };

/** Prometheus with the stack's own configuration, but for its pace. */
async function startPrometheus(asked: string) {
  const { "prometheus.yml": config, "rules.yml": rules } = files(asked);
  const folder = folderWith({
    "prometheus.yml": config.replaceAll("interval: 30s", "interval: 1s").replace("timeout: 10s", "timeout: 1s"),
    "rules.yml": rules,
  });
  const port = await freePort();
  const flags = { "config.file": join(folder, "prometheus.yml"), "storage.tsdb.path": join(folder, "data") };
  const at = `http://127.0.0.1:${port}`;
  await serve(
    "prometheus",
    [...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`), `--web.listen-address=127.0.0.1:${port}`],
    `${at}/-/ready`,
  );
  const get = async <Data>(path: string): Promise<Data> =>
    ((await (await fetch(`${at}/api/v1/${path}`)).json()) as { data: Data }).data;
  return {
    query: async (query: string) =>
      (await get<{ result: Sample[] }>(`query?query=${encodeURIComponent(query)}`)).result,
    /** The health of all rules, each once. */
    health: async () => {
      const { groups } = await get<{ groups: { rules: { health: string }[] }[] }>("rules");
      return [...new Set(groups.flatMap(({ rules }) => rules.map(({ health }) => health)))];
    },
  };
}
