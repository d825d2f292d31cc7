import { at, listAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import type { ParsedFile } from "./files.ts";

export const priorities = ["P1", "P2", "P3", "P4"] as const;
export type PriorityView = (typeof priorities)[number];

/** One alerting rule. */
export type AlertRuleView = {
  resource: Resource;
  /** Its path in the resource. Its name is a property's value, and findings never contain those. */
  place: string;
  name: string;
  priority: PriorityView | undefined;
  expression: string;
  /** The expressions of the series that rules beside it record, by their names. */
  recorded: Readonly<Record<string, string>>;
  /** `docs/runbooks/alerts.md#servicedown` */
  runbook: string | undefined;
};

/** The receivers of one priority's alerts. */
export type AlertRoute = {
  resource: Resource;
  priority: PriorityView | "dead-man";
  receivers: readonly ReceiverView[];
};

/** One receiver: how it is notified, and whether its address comes from a secret. */
export type ReceiverView = { kind: "pager" | "other"; secret: boolean };

const POLICY = "gcp:monitoring/alertPolicy:AlertPolicy";
const CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel";
const RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule";
const ROUTES = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig";

const priorityOf = (value: unknown): PriorityView | undefined =>
  priorities.find((priority) => priority === String(value).toUpperCase());

/** The alerting rules of the stack's own Prometheus, its cluster's, and Google Cloud's alert policies. */
export function alertRulesOf(resources: readonly Resource[], files: readonly ParsedFile[]): AlertRuleView[] {
  const groups = [
    ...files
      .filter(({ name }) => name === "rules.yml")
      .map((file) => ({ resource: file.resource, value: file.content() })),
    ...resources
      .filter(({ type }) => type === RULE)
      .map((resource) => ({ resource, value: at(resource.props, "spec") })),
  ];
  return [
    ...groups.flatMap(({ resource, value }) =>
      listAt(value, "groups")
        .flatMap((group, i) => listAt(group, "rules").map((rule, j) => ({ rule, place: `groups[${i}].rules[${j}]` })))
        .filter(({ rule }) => textAt(rule, "alert") !== undefined)
        .map(({ rule, place }) => ({
          resource,
          place,
          name: textAt(rule, "alert") ?? "",
          priority: priorityOf(at(rule, "labels.priority")),
          expression: String(at(rule, "expr") ?? ""),
          recorded: recordedIn(value),
          runbook: textAt(rule, "annotations.runbook_url"),
        })),
    ),
    ...resources.filter(({ type }) => type === POLICY).map(policy),
  ];
}

const recordedIn = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    listAt(value, "groups")
      .flatMap((group) => listAt(group, "rules"))
      .flatMap((rule) => {
        const record = textAt(rule, "record");
        return record === undefined ? [] : [[record, String(at(rule, "expr") ?? "")] as const];
      }),
  );

function policy(resource: Resource): AlertRuleView {
  const [condition] = listAt(resource.props, "conditions");
  const query = at(condition, "conditionPrometheusQueryLanguage");
  return {
    resource,
    place: "conditions[0]",
    name: textAt(query, "alertRule") ?? "",
    priority: priorityOf(at(query, "labels.priority")),
    expression: textAt(query, "query") ?? "",
    recorded: {},
    runbook: /^Runbook: (\S+)$/m.exec(textAt(resource.props, "documentation.content") ?? "")?.[1],
  };
}

/** Who is notified: the routes of an Alertmanager, and the channels of Google Cloud's alert policies. */
export function alertRoutesOf(resources: readonly Resource[], files: readonly ParsedFile[]): AlertRoute[] {
  return [
    ...files.filter(({ name }) => name === "alertmanager.yml").flatMap((file) => routes(file.resource, file.content())),
    ...resources
      .filter(({ type }) => type === ROUTES)
      .flatMap((resource) => routes(resource, at(resource.props, "spec"))),
    ...resources.filter(({ type }) => type === POLICY).flatMap((resource) => notified(resource, resources)),
  ];
}

/** The routes by their first matcher, in the format of Alertmanager or of its operator. */
function routes(resource: Resource, config: unknown): AlertRoute[] {
  const receivers = listAt(config, "receivers");
  return listAt(config, "route.routes").flatMap((route) => {
    const matcher = listAt(route, "matchers")[0];
    const matched =
      typeof matcher === "string" ? matcher : `${textAt(matcher, "name") ?? ""}="${textAt(matcher, "value") ?? ""}"`;
    const priority = /^priority="?(P[1-4])"?$/.exec(matched)?.[1] as PriorityView | undefined;
    const named = receivers.find((receiver) => at(receiver, "name") === at(route, "receiver"));
    if (priority === undefined && matched !== 'alertname="DeadMan"') return [];
    return [{ resource, priority: priority ?? ("dead-man" as const), receivers: receiversOf(named) }];
  });
}

/** A receiver's integrations; each must take its address from a file or a Secret. */
function receiversOf(receiver: unknown): ReceiverView[] {
  if (typeof receiver !== "object" || receiver === null) return [];
  return Object.entries(receiver)
    .filter(([key]) => /configs$/i.test(key))
    .flatMap(([key, configs]) =>
      (Array.isArray(configs) ? configs : []).map((config: unknown) => ({
        kind: /^pagerduty/i.test(key) ? ("pager" as const) : ("other" as const),
        secret: isFromSecret(config),
      })),
    );
}

const addresses = /^(url|api_url|apiURL|routing_key|service_key|routingKey|serviceKey|urlSecret)(_file)?$/;

function isFromSecret(config: unknown): boolean {
  if (typeof config !== "object" || config === null) return false;
  const named = Object.entries(config).filter(([key]) => addresses.test(key));
  return (
    named.length > 0 &&
    named.every(
      ([key, value]) =>
        (key.endsWith("_file") && String(value).startsWith("/run/secrets/")) || textAt(value, "key") !== undefined,
    )
  );
}

function notified(resource: Resource, resources: readonly Resource[]): AlertRoute[] {
  const { priority } = policy(resource);
  const channels = resources.filter(
    ({ type, urn }) => type === CHANNEL && resource.references.notificationChannels?.includes(urn),
  );
  const receivers = channels.map((channel) => ({
    kind: textAt(channel.props, "type") === "pagerduty" ? ("pager" as const) : ("other" as const),
    secret: leadsToSecret(channel),
  }));
  return priority === undefined ? [] : [{ resource, priority, receivers }];
}

/** A channel's address is in a field for secrets, or in the subscription of its topic. */
const leadsToSecret = ({ props }: Resource): boolean =>
  ["sensitiveLabels.serviceKey", "sensitiveLabels.authToken", "labels.url"].some(
    (path) => at(props, path) !== undefined,
  ) || textAt(props, "type") === "pubsub";
