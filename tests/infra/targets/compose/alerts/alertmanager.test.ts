import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { receiverSecrets } from "../../../../../infra/alerts/notification-routes.ts";
import type { Settings } from "../../../../../infra/config/schema.ts";
import { alertmanagerConfig, alertmanagerFiles } from "../../../../../infra/targets/compose/alerts/alertmanager.ts";
import { describeWith } from "../../../../fixtures/tools.ts";
import { expectResolved, fitting, listener, startAlertmanager } from "../../../alerts/alertmanager.ts";
import { folderWith, run } from "../../../alerts/tools.ts";

const alerts: Settings["alerts"] = {
  P1: ["pagerduty-routing-key", "slack-webhook-url"],
  P2: ["pagerduty-routing-key", "ticket-webhook-url"],
  P3: ["ticket-webhook-url"],
  P4: ["ticket-webhook-url", "slack-webhook-url"],
};
const tickets = {
  P1: ["ticket-webhook-url"],
  P2: ["ticket-webhook-url"],
  P3: ["ticket-webhook-url"],
  P4: ["ticket-webhook-url"],
} satisfies Settings["alerts"];
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

test("each priority has its own intervals, and no hours in which notifications are dropped", () => {
  const { routes } = (parse(text) as ReturnType<typeof alertmanagerConfig>).route;
  expect(routes.map(({ receiver, group_wait, repeat_interval }) => [receiver, group_wait, repeat_interval])).toEqual([
    ["dead-man", "0s", "5m"],
    ["P1", "10s", "1h"],
    ["P2", "30s", "4h"],
    ["P3", "5m", "24h"],
    ["P4", "30m", "5d"],
  ]);
  expect(text).not.toContain("time_intervals");
});

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
  test("sends the end of an alert to its receiver, whatever the priority and the hour", async () => {
    const heard = await listener();
    const folder = folderWith({ "ticket-webhook-url": heard.url, "deadman-webhook-url": heard.url });
    const config = alertmanagerFiles(tickets, (secret) => join(folder, secret))["alertmanager.yml"];
    await expectResolved(config, heard, Object.keys(tickets));
  });

  test("notifies the dead man's switch at once, and inhibits alerts that follow from a graver one", async () => {
    const heard = await listener();
    const folder = folderWith({ "ticket-webhook-url": heard.url, "deadman-webhook-url": heard.url });
    const config = alertmanagerFiles(tickets, (secret) => join(folder, secret))["alertmanager.yml"];
    const api = await startAlertmanager(await fitting(config, "prometheus-alertmanager", heard.url));
    await api.send([
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
