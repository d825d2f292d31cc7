import { cloudRunConditions, type Project } from "../targets/cloud-run/alerts/conditions.ts";
import { composeConditions, type Host } from "../targets/compose/alerts/conditions.ts";
import { type Cluster, kubernetesConditions } from "../targets/kubernetes/alerts/conditions.ts";
import { type Alert, type AlertName, alerts, runbookOf } from "./alerts.ts";
import type { Condition } from "./conditions/condition.ts";

/** Whose alerts are meant: everything on a Docker host or in a cloud project, or one stack's part of a cluster. */
export type Scope =
  | ({ target: "compose" } & Host)
  | ({ target: "kubernetes" } & Cluster)
  | ({ target: "cloud-run" } & Project);

/** One alert as it is evaluated on one target. */
export type Rule = Alert & Condition & { alert: AlertName; runbook: string };

/** All alerts of a target with what makes them fire there, in the order of the catalogue. */
export function rulesFor(scope: Scope): Rule[] {
  const conditions: Partial<Record<AlertName, Condition>> = conditionsOn(scope);
  return (Object.keys(alerts) as AlertName[]).flatMap((alert) => {
    const condition = conditions[alert];
    return condition ? [{ alert, ...alerts[alert], ...condition, runbook: runbookOf(alert) }] : [];
  });
}

function conditionsOn(scope: Scope) {
  switch (scope.target) {
    case "compose":
      return composeConditions(scope);
    case "kubernetes":
      return kubernetesConditions(scope);
    case "cloud-run":
      return cloudRunConditions(scope);
  }
}

/** A group of alerting rules as Prometheus and its operator write it. `labels` are given to each alert. */
export const ruleGroup = (rules: readonly Rule[], labels: Record<string, string>) => ({
  name: "mahavishnu",
  rules: rules.map(({ alert, expression, priority, subject, ...rule }) => ({
    alert,
    expr: expression,
    for: rule.for,
    labels: { priority, ...labels },
    annotations: {
      summary: subject ? `{{ $labels.${subject} }}: ${rule.summary}` : rule.summary,
      description: rule.description,
      runbook_url: rule.runbook,
    },
  })),
});
