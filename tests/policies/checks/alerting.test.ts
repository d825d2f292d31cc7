import { describe, expect, test } from "vitest";
import { alerting } from "../../../policies/checks/alerting.ts";
import {
  asked,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  factsOf,
  filed,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const facts = factsOf("prod", { evidence: [filed("pager")] });
const secret = (file: string) => `/run/secrets/${file}`;
const pager = { pagerduty_configs: [{ routing_key_file: secret("pagerduty-routing-key") }] };
const ticket = { webhook_configs: [{ url_file: secret("ticket-webhook-url") }] };
const receivers = {
  P1: pager,
  P2: { ...pager, ...ticket },
  P3: ticket,
  P4: ticket,
  dead: { webhook_configs: [{ url_file: secret("deadman-webhook-url") }] },
};
const matched = {
  P1: 'priority="P1"',
  P2: 'priority="P2"',
  P3: 'priority="P3"',
  P4: 'priority="P4"',
  dead: 'alertname="DeadMan"',
};

/** A host whose Alertmanager has these receivers, and whose Prometheus has an alert of each priority. */
const onHost = (
  changes: Partial<Record<keyof typeof receivers, object | undefined>> = {},
  alerts = ["Down", "DeadMan"],
) => {
  const all = Object.entries({ ...receivers, ...changes }).filter(([, receiver]) => receiver !== undefined);
  const config = {
    route: { receiver: "P2", routes: all.map(([name]) => ({ matchers: [matched[name as never]], receiver: name })) },
    receivers: all.map(([name, receiver]) => ({ name, ...receiver })),
  };
  const rules = {
    groups: [{ rules: alerts.map((alert) => ({ alert, expr: "up == 0", labels: { priority: "P1" } })) }],
  };
  return [
    dockerContainer("alertmanager", {
      command: ["write", "/etc/alertmanager/alertmanager.yml", JSON.stringify(config)],
    }),
    dockerContainer("prometheus", { command: ["write", "/etc/prometheus/rules.yml", JSON.stringify(rules)] }),
  ];
};

const channel = (name: string, props: object) =>
  resource("gcp:monitoring/notificationChannel:NotificationChannel", name, props);
const pagerDuty = channel("pager", { type: "pagerduty", sensitiveLabels: { serviceKey: "x" } });
const tickets = channel("tickets", { type: "webhook_tokenauth", labels: { url: "x" } });
const policy = (priority: unknown, ...to: ReturnType<typeof channel>[]) =>
  resource(
    "gcp:monitoring/alertPolicy:AlertPolicy",
    `policy-${String(priority)}`,
    {
      conditions: [{ conditionPrometheusQueryLanguage: { query: "up", labels: { priority } } }],
      notificationChannels: to.map(() => UNKNOWN),
    },
    { from: { notificationChannels: to } },
  );
const policies = [pagerDuty, tickets, policy("P1", pagerDuty), policy("P2", pagerDuty, tickets), policy("P3", tickets)];

const key = (name: string) => ({ name: "alert-receivers", key: name });
const operated = (p1: object, rulePriority: unknown = "P1") => [
  deployment("akosha"),
  resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
    spec: {
      groups: [
        { rules: ["Down", "DeadMan"].map((alert) => ({ alert, expr: "up", labels: { priority: rulePriority } })) },
      ],
    },
  }),
  resource("kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig", "routes", {
    spec: {
      route: {
        routes: [
          { matchers: [{ name: "alertname", value: "DeadMan" }], receiver: "other" },
          ...["P1", "P2", "P3", "P4"].map((priority) => ({
            matchers: [{ name: "priority", value: priority }],
            receiver: priority === "P1" || priority === "P2" ? "pager" : "other",
          })),
        ],
      },
      receivers: [
        { name: "pager", pagerdutyConfigs: [p1] },
        { name: "other", webhookConfigs: [{ urlSecret: key("ticket-webhook-url") }] },
      ],
    },
  }),
];

describe("alerting", () => {
  test.each([
    ["an Alertmanager of its own", [...onHost(), dockerService("akosha")]],
    ["a cluster's operator", operated({ routingKey: key("pagerduty-routing-key") })],
    ["Google Cloud's policies", [...policies, cloudService("akosha")]],
  ])("passes with %s", (_, resources) => {
    expect(reasons(asked(alerting, resources, facts))).toBe("");
  });
  test("warns while no page has reached on-call", () => {
    expect(asked(alerting, onHost()).verdict).toBe("warn");
  });
  test("fails when a test page was not acknowledged", () => {
    const { result } = filed("pager").evidence as { result: object };
    const silent = factsOf("prod", { evidence: [filed("pager", { result: { ...result, acknowledged: false } })] });
    expect(reasons(asked(alerting, [...onHost(), dockerService("akosha")], silent))).toContain("not acknowledged");
  });
  test.each([
    ["a dropped route", onHost({ P3: undefined }), "P3 alerts are not routed"],
    ["no route of P4", onHost({ P4: undefined }), "P4 alerts are not routed"],
    ["a receiver without any integration", onHost({ P4: {} }), "P4 alerts have no receiver"],
    ["P1 without a pager", onHost({ P1: ticket }), "P1 alerts do not reach a pager"],
    ["P2 without a pager", onHost({ P2: ticket }), "P2 alerts do not reach a pager"],
    [
      "an address in the clear",
      onHost({ P3: { webhook_configs: [{ url: "https://example.com/hook" }] } }),
      "instead of a secret",
    ],
    [
      "a file that is no secret",
      onHost({ P1: { pagerduty_configs: [{ routing_key_file: "/tmp/key" }] } }),
      "instead of a secret",
    ],
    ["no dead man", onHost({ dead: undefined }), "dead man"],
    ["a dead man that never speaks", onHost({}, ["Down"]), "dead man"],
    ["an operator's literal key", operated({ routingKey: "abc" }), "instead of a secret"],
    ["a rule without a priority", operated({ routingKey: key("pagerduty-routing-key") }, "page"), "no priority"],
    ["a policy that notifies nobody", [...policies, policy("P1")], "P1 alerts have no receiver"],
    [
      "a policy of P1 without a pager",
      [tickets, policy("P1", tickets), ...policies.slice(3)],
      "P1 alerts do not reach a pager",
    ],
    ["no policy of P2", [...policies.slice(0, 3), policies[4] as never], "P2 alerts are not routed"],
    ["a policy of P4 that notifies nobody", [...policies, policy("P4")], "P4 alerts have no receiver"],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(alerting, resources, facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
    expect(reasons(outcome)).not.toContain("example.com");
  });
  test("is not proven where a priority is unknown", () => {
    const outcome = asked(alerting, [...policies, policy(UNKNOWN, pagerDuty)], facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: conditions[0].conditionPrometheusQueryLanguage.labels.priority");
  });
});
