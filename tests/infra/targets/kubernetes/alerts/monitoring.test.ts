import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { priorities } from "../../../../../infra/alerts/alerts.ts";
import { receiverSecrets } from "../../../../../infra/alerts/notification-routes.ts";
import { readStack } from "../../../../../infra/config/stack-file.ts";
import { capture } from "../../../../../infra/graph/capture.ts";
import { deploymentOf, namedReleases } from "../../../../../infra/stack.ts";
import { alertmanagerConfig } from "../../../../../infra/targets/compose/alerts/alertmanager.ts";
import { ClusterAlerting } from "../../../../../infra/targets/kubernetes/alerts/monitoring.ts";
import {
  alertmanagerRoutes,
  podMonitors,
  prometheusRule,
  RECEIVERS,
} from "../../../../../infra/targets/kubernetes/alerts/prometheus-operator.ts";
import { clusterScope } from "../../../../../infra/targets/kubernetes/alerts/scope.ts";
import { yaml11 } from "../../../../../infra/targets/yaml11.ts";
import { describeWith } from "../../../../fixtures/tools.ts";
import { expectResolved, listener } from "../../../alerts/alertmanager.ts";
import { folderWith, run } from "../../../alerts/tools.ts";

const root = `${import.meta.dirname}/../../../../..`;
const stack = readStack(root, "prod");
const { alerts } = stack.settings;
const stable = deploymentOf({
  ...{ stack: "prod", file: stack.file, target: "kubernetes", settings: stack.settings },
  releases: namedReleases(root, "prod", stack.settings),
  secret: (name) => pulumi.secret(`<${name}>`),
});
const akosha = stable.stable.get("akosha");
if (!akosha) throw new Error("prod's release has no akosha");
const trial = { ...stable, candidate: new Map([["akosha", { ...akosha, id: "akosha-0123456789" }]] as const) };

test("each live revision is scraped at its pods' port, with its role", () => {
  const monitors = podMonitors(trial);
  expect(Object.keys(monitors)).toEqual([
    "edge",
    ...[...stable.stable.values()].flatMap(({ id, service }) =>
      service === "akosha" ? [id, "akosha-0123456789"] : [id],
    ),
  ]);
  expect(monitors["akosha-0123456789" as "edge"]).toMatchObject({
    selector: { matchLabels: { revision: "akosha-0123456789" } },
    podMetricsEndpoints: [
      {
        port: "http",
        path: "/metrics",
        relabelings: expect.arrayContaining([{ targetLabel: "role", replacement: "candidate" }]),
      },
    ],
  });
});

test("the rules select the stack's own namespace and jobs, and have the labels that its routes match", () => {
  const [group] = prometheusRule(stable).groups;
  for (const rule of group?.rules ?? []) {
    expect(rule.expr).toContain("mahavishnu-prod");
    if ("record" in rule) continue;
    expect([rule.alert, rule.labels]).toEqual([
      rule.alert,
      { priority: expect.any(String), stack: "prod", namespace: "mahavishnu-prod" },
    ]);
  }
  expect(clusterScope(stable)).toMatchObject({
    services: ["session-buddy", "akosha", "mahavishnu"],
    certificate: "mcp-tls",
    stores: ["databases", "session-buddy", "akosha", "check", "vault"],
  });
});

test("the operator's routes are the same as those of a stack's own Alertmanager", () => {
  const { route, receivers, inhibitRules } = alertmanagerRoutes(alerts);
  const own = alertmanagerConfig(alerts, (secret) => secret);
  expect(route.routes.map(({ receiver, groupWait, repeatInterval }) => [receiver, groupWait, repeatInterval])).toEqual(
    own.route.routes.map(({ receiver, group_wait, repeat_interval }) => [receiver, group_wait, repeat_interval]),
  );
  expect(inhibitRules).toHaveLength(own.inhibit_rules.length);
  const kinds = (configs: object) => Object.keys(configs).map((kind) => kind.replace("_c", "C").toLowerCase());
  expect(receivers.map(kinds)).toEqual(own.receivers.map((one) => kinds(one)));
});

/** The operator's object as the configuration that it makes of it for Alertmanager. */
function configOf({ route, receivers, inhibitRules }: ReturnType<typeof alertmanagerRoutes>, url: string): string {
  type Matcher = { name: string; value: string; matchType: string };
  const matchers = (all: readonly Matcher[]) =>
    all.map(({ name, matchType, value }) => `${name}${matchType}"${value}"`);
  return yaml11({
    route: {
      receiver: route.receiver,
      group_by: route.groupBy,
      routes: route.routes.map(({ groupWait, groupInterval, repeatInterval, matchers: all, receiver, ...others }) => {
        expect(others).toEqual({});
        const pace = { group_wait: groupWait, group_interval: groupInterval, repeat_interval: repeatInterval };
        return { receiver, matchers: matchers(all), ...pace };
      }),
    },
    receivers: receivers.map(({ name, webhookConfigs = [] }: { name: string; webhookConfigs?: object[] }) => ({
      name,
      webhook_configs: webhookConfigs.map((config) => ({
        url,
        send_resolved: (config as { sendResolved: boolean }).sendResolved,
      })),
    })),
    inhibit_rules: inhibitRules.map(({ sourceMatch, targetMatch, equal }) => ({
      source_matchers: matchers(sourceMatch),
      target_matchers: matchers(targetMatch),
      equal,
    })),
  });
}

describeWith(["prometheus-alertmanager", "amtool"], "a real Alertmanager with the operator's routes", {}, () => {
  const tickets = Object.fromEntries(priorities.map((priority) => [priority, ["ticket-webhook-url"]])) as typeof alerts;

  test("accepts them, and sends the end of an alert whatever the priority and the hour", async () => {
    const routes = alertmanagerRoutes(tickets);
    expect(Object.keys(routes).sort()).toEqual(["inhibitRules", "receivers", "route"]);
    const heard = await listener();
    const config = configOf(routes, heard.url);
    await run("amtool", ["check-config", join(folderWith({ "alertmanager.yml": config }), "alertmanager.yml")]);
    await expectResolved(config, heard, priorities);
  });
});

test("the receivers' secrets are keys of one Secret, and nowhere else", async () => {
  const { resources } = await capture({ project: "mahavishnu", stack: "prod" }, async () => {
    new ClusterAlerting("alerting", { deployment: stable, namespace: "mahavishnu-prod" }, {});
    return {};
  });
  const secret = resources.find(({ type }) => type === "kubernetes:core/v1:Secret");
  expect(secret).toMatchObject({ secretPaths: ["stringData"], inputs: { metadata: { name: RECEIVERS } } });
  const routes = resources.find(({ inputs }) => inputs.kind === "AlertmanagerConfig");
  const keys = [...JSON.stringify(routes?.inputs).matchAll(/\{"key":"([\w-]+)","name":"alert-receivers"\}/g)];
  expect([...new Set(keys.map(([, key]) => key))].sort()).toEqual(receiverSecrets(alerts).sort());
  expect(
    resources
      .map(({ inputs }) => inputs.kind)
      .filter(Boolean)
      .sort(),
  ).toEqual(["AlertmanagerConfig", ...Array(4).fill("PodMonitor"), "PrometheusRule", "Secret"]);
});
