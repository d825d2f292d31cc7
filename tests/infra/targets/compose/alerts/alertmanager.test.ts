import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { receiverSecrets } from "../../../../../infra/alerts/notification-routes.ts";
import type { Settings } from "../../../../../infra/config/schema.ts";
import { alertmanagerConfig, alertmanagerFiles } from "../../../../../infra/targets/compose/alerts/alertmanager.ts";
import { freePort } from "../../../../../rehearsal/port.ts";
import { describeWith } from "../../../../fixtures/tools.ts";
import { folderWith, run, serve } from "../../../alerts/tools.ts";

const alerts: Settings["alerts"] = {
  P1: ["pagerduty-routing-key", "slack-webhook-url"],
  P2: ["pagerduty-routing-key", "ticket-webhook-url"],
  P3: ["ticket-webhook-url"],
  P4: ["ticket-webhook-url", "slack-webhook-url"],
};
const secretFile = (secret: string) => `/run/secrets/${secret}`;
const text = alertmanagerFiles(alerts, secretFile)["alertmanager.yml"];

test("every receiver has an integration, with its secret in a file", () => {
  const { receivers } = alertmanagerConfig(alerts, secretFile);
  expect(Object.fromEntries(receivers.map(({ name, ...ways }) => [name, Object.keys(ways)]))).toEqual({
    "dead-man": ["webhook_configs"],
    P1: ["pagerduty_configs", "slack_configs"],
    P2: ["pagerduty_configs", "webhook_configs"],
    P3: ["webhook_configs"],
    P4: ["slack_configs", "webhook_configs"],
  });
  const files = [...text.matchAll(/(\w+_file): (\S+)/g)].map(([, field, file]) => `${field} ${file}`);
  expect([...new Set(files)].sort()).toEqual([
    "api_url_file /run/secrets/slack-webhook-url",
    "routing_key_file /run/secrets/pagerduty-routing-key",
    "url_file /run/secrets/deadman-webhook-url",
    "url_file /run/secrets/ticket-webhook-url",
  ]);
  // what Alertmanager would not expand, and what would be a value
  expect(text).not.toMatch(/\$\{|\$[A-Z]|\b(url|api_url|routing_key|service_key|match|match_re):/);
  expect(receiverSecrets(alerts).sort()).toEqual([
    "deadman-webhook-url",
    "pagerduty-routing-key",
    "slack-webhook-url",
    "ticket-webhook-url",
  ]);
});

test("each priority has its own intervals, and tickets are opened during business hours", () => {
  const { routes } = (parse(text) as ReturnType<typeof alertmanagerConfig>).route;
  expect(routes.map(({ receiver, group_wait, repeat_interval }) => [receiver, group_wait, repeat_interval])).toEqual([
    ["dead-man", "0s", "5m"],
    ["P1", "10s", "1h"],
    ["P2", "30s", "4h"],
    ["P3", "5m", "24h"],
    ["P4", "30m", "5d"],
  ]);
  expect(routes.filter((route) => "active_time_intervals" in route).map(({ receiver }) => receiver)).toEqual([
    "P3",
    "P4",
  ]);
});

/** Debian 12's Alertmanager is 0.25; that a webhook's address may stand in a file came with 0.26. */
async function fitting(text: string, program: string, url = "http://127.0.0.1:9/"): Promise<string> {
  const [, minor] = /version 0\.(\d+)/.exec(await run(program, ["--version"])) ?? [];
  return Number(minor) < 26 ? text.replaceAll(/\burl_file: \S+$/gm, `url: ${url}`) : text;
}

describeWith(["amtool"], "amtool", {}, () => {
  test("accepts the configuration, and leads each priority to its receiver", async () => {
    const file = join(folderWith({ "alertmanager.yml": await fitting(text, "amtool") }), "alertmanager.yml");
    await run("amtool", ["check-config", file]);
    for (const [labels, receiver] of [
      [["alertname=DeadMan", "priority=P1"], "dead-man"],
      ...["P1", "P2", "P3", "P4"].map((priority) => [[`priority=${priority}`, "alertname=NoData"], priority] as const),
      // whose mistake it is, it is heard
      [["alertname=Unknown"], "P2"],
    ] as const) {
      const led = await run("amtool", ["config", "routes", "test", `--config.file=${file}`, ...labels]);
      expect([labels, led.trim()]).toEqual([labels, receiver]);
    }
  });
});

describeWith(["prometheus-alertmanager"], "a real Alertmanager", {}, () => {
  test("notifies the dead man's switch at once, and inhibits alerts that follow from a graver one", async () => {
    const heard = await listener();
    const all = Object.fromEntries(["P1", "P2", "P3", "P4"].map((priority) => [priority, ["ticket-webhook-url"]]));
    const folder = folderWith({ "ticket-webhook-url": heard.url, "deadman-webhook-url": heard.url });
    const config = alertmanagerFiles(all as Settings["alerts"], (secret) => join(folder, secret))["alertmanager.yml"];
    const api = await startAlertmanager(await fitting(config, "prometheus-alertmanager", heard.url));
    await api.fire([
      { alertname: "DeadMan", priority: "P1" },
      { alertname: "ServiceDown", priority: "P1", service: "akosha" },
      { alertname: "LatencyHigh", priority: "P2", service: "akosha" },
      { alertname: "LatencyHigh", priority: "P2", service: "mahavishnu" },
      { alertname: "ErrorBudgetBurn14x", priority: "P1", service: "mahavishnu" },
      { alertname: "ErrorBudgetBurn1x", priority: "P4", service: "mahavishnu" },
      { alertname: "DiskFull", priority: "P1", device: "/dev/sda1" },
    ]);
    await expect.poll(() => heard.receivers(), { timeout: 10_000 }).toContain("dead-man");
    expect(await api.suppressed()).toEqual(["ErrorBudgetBurn1x mahavishnu", "LatencyHigh akosha"]);
  });
});

/** Hears of alerts as a receiver does. */
async function listener() {
  const told: string[] = [];
  const server = createServer(async (request, answer) => {
    let body = "";
    for await (const part of request) body += part;
    told.push((JSON.parse(body) as { receiver: string }).receiver);
    answer.end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, receivers: () => told };
}

async function startAlertmanager(config: string) {
  const folder = folderWith({ "alertmanager.yml": config });
  const port = await freePort();
  const flags = { "config.file": join(folder, "alertmanager.yml"), "storage.path": join(folder, "data") };
  const at = `http://127.0.0.1:${port}`;
  await serve(
    "prometheus-alertmanager",
    [
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    `${at}/-/ready`,
  );
  return {
    async fire(labels: Record<string, string>[]) {
      const body = JSON.stringify(labels.map((labels) => ({ labels })));
      const answer = await fetch(`${at}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(answer.status).toBe(200);
    },
    async suppressed() {
      type Seen = { labels: Record<string, string>; status: { state: string; inhibitedBy: string[] } };
      const seen = (await (await fetch(`${at}/api/v2/alerts?inhibited=true`)).json()) as Seen[];
      return seen
        .filter(({ status }) => status.inhibitedBy.length > 0)
        .map(({ labels }) => `${labels.alertname} ${labels.service}`)
        .sort();
    },
  };
}
