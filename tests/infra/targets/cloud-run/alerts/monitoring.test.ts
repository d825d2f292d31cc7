import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { retention } from "../../../../../ecosystem/retention.ts";
import { rulesFor } from "../../../../../infra/alerts/rules.ts";
import { readStack } from "../../../../../infra/config/stack-file.ts";
import { capture } from "../../../../../infra/graph/capture.ts";
import type { GraphResource } from "../../../../../infra/graph/resource.ts";
import { deploymentOf, namedReleases } from "../../../../../infra/stack.ts";
import { cloudRunConditions } from "../../../../../infra/targets/cloud-run/alerts/conditions.ts";
import { CloudAlerting } from "../../../../../infra/targets/cloud-run/alerts/monitoring.ts";
import { objectivesOf, policy, uptimeCheck } from "../../../../../infra/targets/cloud-run/alerts/policies.ts";
import { slack } from "../../../../../infra/targets/cloud-run/alerts/receivers.ts";
import { CloudLogs } from "../../../../../infra/targets/cloud-run/logs.ts";
import { project } from "./examples.ts";

const root = `${import.meta.dirname}/../../../../..`;
const stack = readStack(root, "prod");
const cloud = stack.settings.cloudRun as NonNullable<typeof stack.settings.cloudRun>;
const deployment = deploymentOf({
  ...{ stack: "prod", file: stack.file, target: "cloud-run", settings: stack.settings },
  releases: namedReleases(root, "prod", stack.settings),
  secret: (name) => pulumi.secret(`<${name}>`),
});
const watched = { service: "akosha", host: "akosha.mcp.acme.dev", stack: "prod", cloud, path: "/mcp" } as const;

test("a rule becomes a policy with its own text, duration and priority", () => {
  const rule = rulesFor(cloudRunConditions(project)).find(({ alert }) => alert === "ErrorBudgetBurn6x");
  if (!rule) throw new Error("no such rule");
  expect(policy(rule, watched)).toMatchObject({
    severity: "ERROR",
    userLabels: { priority: "p2", stack: "prod" },
    documentation: { content: expect.stringContaining("docs/runbooks/alerts.md#errorbudgetburn6x") },
    conditions: [
      { conditionPrometheusQueryLanguage: { query: rule.expression, duration: "900s", disableMetricValidation: true } },
    ],
  });
});

test.each(rulesFor(cloudRunConditions(project)))("$alert looks back a day at most, and waits no longer", (rule) => {
  const condition = policy(rule, watched).conditions[0];
  const { query, duration, evaluationInterval } = condition?.conditionPrometheusQueryLanguage ?? {
    query: "",
    duration: "",
    evaluationInterval: "",
  };
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
  for (const [, number, unit = ""] of query.matchAll(/\[(\d+)([smhd])\]/g)) {
    expect(Number(number) * (units[unit] ?? Number.NaN)).toBeLessThanOrEqual(86_400);
  }
  expect(Number.parseInt(duration, 10)).toBeLessThan(86_400);
  expect(Number.parseInt(evaluationInterval, 10) % 30).toBe(0);
});

test("a service is probed as by an MCP client, with an identity; behind IAP only the front end is", () => {
  const { httpCheck, contentMatchers } = uptimeCheck(watched);
  expect(httpCheck).toMatchObject({
    path: "/mcp",
    serviceAgentAuthentication: { type: "OIDC_TOKEN" },
    validateSsl: true,
  });
  const body = "body" in httpCheck ? Buffer.from(httpCheck.body, "base64").toString() : "";
  expect(JSON.parse(body)).toEqual({ jsonrpc: "2.0", id: 1, method: "ping" });
  expect(contentMatchers).toHaveLength(1);
  const behindIap = uptimeCheck({ ...watched, cloud: { ...cloud, access: "iap" } });
  expect(behindIap.httpCheck).not.toHaveProperty("serviceAgentAuthentication");
  expect(behindIap).not.toHaveProperty("contentMatchers");
});

test("the objectives are the ecosystem's", () => {
  expect(objectivesOf(watched).slos.map(({ goal, basicSli }) => [goal, basicSli])).toEqual([
    [0.999, { availability: { enabled: true } }],
    [0.95, { latency: { threshold: "1s" } }],
  ]);
});

test("Google's incident becomes a Slack message", () => {
  const say = new Function(`${slack}; return slack;`)() as (message: { data: string }) => {
    data: string;
    attributes: Record<string, string>;
  };
  const incident = {
    ...{ state: "open", policy_name: "P1 ServiceDown: not responding", summary: "akosha", url: "https://x/y" },
    documentation: { content: 'Runbook: "here"' },
  };
  const { data, attributes } = say({ data: JSON.stringify({ incident, version: "1.2" }) });
  expect(attributes).toEqual({ "Content-Type": "application/json" });
  expect(JSON.parse(data)).toEqual({
    text: 'open: P1 ServiceDown: not responding\nakosha\nRunbook: "here"\nhttps://x/y',
  });
});

test("the components: a policy for each rule with its priority's channels, whose keys are secret", async () => {
  const { resources } = await capture({ project: "mahavishnu", stack: "prod" }, async () => {
    const services = new Map([["akosha", "akosha"]] as const);
    new CloudAlerting("alerting", { deployment, services }, {});
    new CloudLogs("logs", { stack: "prod", cloud }, {});
    return {};
  });
  const of = (type: string) => resources.filter((one) => one.type.endsWith(`:${type}`));
  expect(of("AlertPolicy")).toHaveLength(12);
  const channelsOf = (alert: string) =>
    of("AlertPolicy")
      .find(({ name }) => name === `alerting-${alert}`)
      ?.dependsOn.map((urn) => urn.split("::").at(-1));
  expect(channelsOf("ServiceDown")).toEqual([
    "alerting-receivers-pagerduty-routing-key",
    "alerting-receivers-slack-webhook-url",
  ]);
  expect(channelsOf("PromotionHeld")).toBeUndefined();
  expect(channelsOf("CertificateExpiry")).toEqual(["alerting-receivers-ticket-webhook-url"]);
  expect(secretsOf(of("NotificationChannel"))).toEqual({
    "alerting-receivers-pagerduty-routing-key": ["sensitiveLabels.serviceKey"],
    "alerting-receivers-slack-webhook-url": [],
    "alerting-receivers-ticket-webhook-url": ["labels.url"],
  });
  expect(secretsOf(of("Subscription"))).toEqual({ "alerting-receivers-slack": ["pushConfig.pushEndpoint"] });
  const agent = "serviceAccount:service-100000000002@gcp-sa-monitoring-notification.iam.gserviceaccount.com";
  expect(of("ServiceIamMember").map(({ inputs }) => [inputs.role, inputs.member])).toEqual([
    ["roles/run.invoker", agent],
  ]);
  expect(of("TopicIAMMember").map(({ inputs }) => inputs.member)).toEqual([agent]);
  // the transform's attributes become headers only with this
  expect(of("Subscription")[0]?.inputs.pushConfig).toMatchObject({ noWrapper: { writeMetadata: true } });
  expect(of("ProjectBucketConfig")[0]?.inputs).toMatchObject({ retentionDays: retention.logDays });
  expect(of("ProjectSink")[0]?.inputs.filter).toContain('resource.type="cloud_run_revision"');
});

const secretsOf = (resources: GraphResource[]) =>
  Object.fromEntries(resources.map(({ name, secretPaths }) => [name, secretPaths]).sort());
