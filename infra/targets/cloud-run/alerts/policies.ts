import type {
  AlertPolicyArgs,
  GenericServiceArgs,
  SloArgs,
  UptimeCheckConfigArgs,
} from "@pulumi/gcp/monitoring/index.js";
import { objectives } from "../../../../ecosystem/objectives.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import type { Priority } from "../../../alerts/alerts.ts";
import { secondsOf } from "../../../alerts/business-hours.ts";
import type { AlertRule } from "../../../alerts/rules.ts";
import type { CloudRunSettings } from "../../../config/schema.ts";
import { labelsOf } from "../../../names.ts";

type CloudRunStack = { stack: string; cloud: CloudRunSettings };

/** A service on Cloud Run, and the host that serves its users over HTTPS. */
type WatchedService = CloudRunStack & { service: ServiceName; host: string; path: string };

const severities = { P1: "CRITICAL", P2: "ERROR", P3: "WARNING", P4: "WARNING" } as const satisfies Record<
  Priority,
  string
>;

/** A rule as a Google Cloud alert policy, without the channels. */
export function policy(rule: AlertRule, { stack, cloud }: CloudRunStack) {
  return {
    project: cloud.project,
    displayName: `${rule.priority} ${rule.alert}: ${rule.summary}`,
    combiner: "OR",
    severity: severities[rule.priority],
    userLabels: { ...labelsOf(stack), priority: rule.priority.toLowerCase() },
    documentation: {
      mimeType: "text/markdown",
      subject: `${rule.priority} ${rule.alert} (${stack})`,
      content: `${rule.description}\n\nRunbook: ${rule.runbook}`,
    },
    conditions: [
      {
        displayName: rule.summary,
        conditionPrometheusQueryLanguage: {
          query: rule.expression,
          duration: `${secondsOf(rule.for)}s`,
          evaluationInterval: "60s",
          alertRule: rule.alert,
          ruleGroup: "mahavishnu",
          labels: { priority: rule.priority, stack },
          // the series begin with the first requests, which is after the first deployment
          disableMetricValidation: true,
        },
      },
    ],
  } satisfies Omit<AlertPolicyArgs, "notificationChannels">;
}

/**
 * Probes a service as an MCP client would, every minute from several continents. With `iam` the checker authenticates; IAP
 * admits only people, so there the check covers only the front end.
 */
export function uptimeCheck({ service, host, path, stack, cloud }: WatchedService) {
  const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const asked =
    cloud.access === "iam"
      ? {
          path,
          requestMethod: "POST",
          contentType: "USER_PROVIDED",
          customContentType: "application/json",
          headers: { Accept: "application/json, text/event-stream" },
          body: Buffer.from(ping).toString("base64"),
          serviceAgentAuthentication: { type: "OIDC_TOKEN" },
        }
      : {
          path: "/",
          acceptedResponseStatusCodes: ["2XX", "3XX", "4XX"].map((c) => ({ statusClass: `STATUS_CLASS_${c}` })),
        };
  return {
    project: cloud.project,
    displayName: `${service} (${stack})`,
    period: "60s",
    timeout: "10s",
    checkerType: "STATIC_IP_CHECKERS",
    httpCheck: { useSsl: true, validateSsl: true, port: 443, ...asked },
    ...(cloud.access === "iam" && { contentMatchers: [{ matcher: "CONTAINS_STRING", content: '"result"' }] }),
    monitoredResource: { type: "uptime_url", labels: { project_id: cloud.project, host } },
    userLabels: { ...labelsOf(stack), service },
  } satisfies UptimeCheckConfigArgs;
}

/** A service's objectives as Google Cloud SLOs. */
export function objectivesOf({ service, stack, cloud }: Omit<WatchedService, "path">) {
  const days = 30;
  const common = { project: cloud.project, rollingPeriodDays: days, userLabels: { ...labelsOf(stack), service } };
  return {
    generic: {
      project: cloud.project,
      serviceId: service,
      displayName: `${service} (${stack})`,
      basicService: { serviceType: "CLOUD_RUN", serviceLabels: { service_name: service, location: cloud.region } },
      userLabels: { ...labelsOf(stack), service },
    } satisfies GenericServiceArgs,
    slos: [
      {
        ...common,
        sloId: `${service}-availability`,
        displayName: `${100 * objectives.availability} % of the requests succeed`,
        goal: objectives.availability,
        basicSli: { availability: { enabled: true } },
      },
      {
        ...common,
        sloId: `${service}-latency`,
        displayName: `95 % of the requests take less than ${objectives.p95Ms} ms`,
        goal: 0.95,
        basicSli: { latency: { threshold: `${objectives.p95Ms / 1000}s` } },
      },
    ] satisfies (Omit<SloArgs, "service"> & { sloId: string })[],
  };
}
