import {
  fallback,
  inhibitions,
  type NotificationRoute,
  notificationRoutesOf,
} from "../../../alerts/notification-routes.ts";
import { notificationText } from "../../../alerts/notification-text.ts";
import { edgeRelabelings, type Relabeling } from "../../../alerts/outcome.ts";
import { ruleGroup, rulesFor } from "../../../alerts/rules.ts";
import type { Settings } from "../../../config/schema.ts";
import { type KubernetesDeployment, pairsOf } from "../../../deployment.ts";
import { component, namespaceOf } from "../../../names.ts";
import { jobsIn, kubernetesConditions } from "./conditions.ts";
import { clusterRecordings } from "./recordings.ts";
import { clusterScope } from "./scope.ts";

/** The Secret with the receivers' credentials, by secret name. */
export const RECEIVERS = "alert-receivers";

/** The recording rules, then the alerting rules, some of which use them. Each alert has a namespace label, by which the operator's Alertmanager finds the stack's routes. */
export function prometheusRule(deployment: KubernetesDeployment) {
  const { stack } = deployment;
  const scope = clusterScope(deployment);
  const alerting = ruleGroup(rulesFor(kubernetesConditions(scope)), { stack, namespace: namespaceOf(stack) });
  return { groups: [{ ...alerting, rules: [...clusterRecordings(scope), ...alerting.rules] }] };
}

/** The scrape targets in the namespace, by name: the edge, and each live revision. */
export function podMonitors(deployment: KubernetesDeployment) {
  const jobs = jobsIn(namespaceOf(deployment.stack));
  const revisions = [...pairsOf(deployment).values()].flatMap(({ stable, candidate }) => [
    { revision: stable, role: "stable" },
    ...(candidate ? [{ revision: candidate, role: "candidate" }] : []),
  ]);
  return {
    edge: podMonitor(component("edge"), {
      port: "metrics",
      path: "/stats/prometheus",
      relabelings: constants({ job: jobs.edge, service: "edge" }),
      metricRelabelings: edgeRelabelings.map(relabel),
    }),
    ...Object.fromEntries(
      revisions.map(({ revision, role }) => [
        revision.id,
        podMonitor(
          { revision: revision.id },
          {
            port: "http",
            path: revision.metrics,
            relabelings: constants({ job: jobs.services, service: revision.service, revision: revision.id, role }),
          },
        ),
      ]),
    ),
  };
}

type ScrapeEndpoint = { port: string; path: string; relabelings: object[]; metricRelabelings?: object[] };

const podMonitor = (matchLabels: Record<string, string>, endpoint: ScrapeEndpoint) => ({
  selector: { matchLabels },
  podMetricsEndpoints: [{ interval: "30s", scrapeTimeout: "10s", ...endpoint }],
});

const constants = (labels: Record<string, string>) =>
  Object.entries(labels).map(([targetLabel, replacement]) => ({ targetLabel, replacement }));

const relabel = ({ from, regex, label, value }: Relabeling) => ({
  sourceLabels: from,
  regex,
  targetLabel: label,
  replacement: value,
});

/** The routes and receivers; each receiver's address is a key of the Secret. */
export function alertmanagerRoutes(alerts: Settings["alerts"]) {
  const notificationRoutes = notificationRoutesOf(alerts);
  return {
    route: { receiver: fallback, groupBy: ["alertname", "service"], routes: notificationRoutes.map(route) },
    receivers: notificationRoutes.map(receiver),
    inhibitRules: inhibitions.map(({ source, targets, equal }) => ({
      sourceMatch: [{ name: "alertname", value: source, matchType: "=" }],
      targetMatch: [{ name: "alertname", value: targets.join("|"), matchType: "=~" }],
      equal: [equal],
    })),
  };
}

const route = ({ receiver, match, wait, interval, repeat }: NotificationRoute) => ({
  receiver,
  matchers: [{ name: match.label, value: match.value, matchType: "=" }],
  groupWait: wait,
  groupInterval: interval,
  repeatInterval: repeat,
});

function receiver({ receiver, secrets }: NotificationRoute) {
  const of = (secret: NotificationRoute["secrets"][number], config: (key: SecretKey) => object) =>
    secrets.includes(secret) ? [config({ name: RECEIVERS, key: secret })] : [];
  const webhook = (secret: NotificationRoute["secrets"][number]) =>
    of(secret, (key) => ({ urlSecret: key, sendResolved: secret !== "deadman-webhook-url" }));
  const found = {
    pagerdutyConfigs: of("pagerduty-routing-key", (routingKey) => ({
      routingKey,
      description: notificationText.title,
      details: [{ key: "text", value: notificationText.text }],
      severity: notificationText.severity,
    })),
    slackConfigs: of("slack-webhook-url", (apiURL) => ({
      apiURL,
      sendResolved: true,
      title: notificationText.title,
      text: notificationText.text,
    })),
    webhookConfigs: [...webhook("ticket-webhook-url"), ...webhook("deadman-webhook-url")],
  };
  return { name: receiver, ...Object.fromEntries(Object.entries(found).filter(([, configs]) => configs.length > 0)) };
}

type SecretKey = { name: string; key: string };
