import { type Alert, type AlertName, alerts, runbookOf } from "./alerts.ts";
import { inBusinessHours, waitsForBusinessHours } from "./business-hours.ts";
import type { Condition } from "./conditions/condition.ts";

/** One alert as it is evaluated on one target. */
export type AlertRule = Alert & Condition & { alert: AlertName; runbook: string };

/** The alerts that a target has conditions for, in catalogue order. */
export const rulesFor = (conditions: Partial<Record<AlertName, Condition>>): AlertRule[] =>
  (Object.keys(alerts) as AlertName[]).flatMap((alert) => {
    const condition = conditions[alert];
    return condition ? [{ alert, ...alerts[alert], ...condition, runbook: runbookOf(alert) }] : [];
  });

/** A rule group for Prometheus and its operator. `labels` are added to each alert. */
export const ruleGroup = (rules: readonly AlertRule[], labels: Record<string, string>) => ({
  name: "mahavishnu",
  rules: rules.flatMap((rule) => {
    if (!waitsForBusinessHours(rule)) return [alertingRule(rule, labels)];
    const { start, due } = inBusinessHours(rule, labels);
    return [start, alertingRule({ ...rule, expression: due, for: "0s" }, labels)];
  }),
});

/** One alert as Prometheus fires it, at any hour. */
export const alertingRule = (
  { alert, expression, priority, subject, ...rule }: AlertRule,
  labels: Record<string, string>,
) => ({
  alert,
  expr: expression,
  for: rule.for,
  labels: { priority, ...labels },
  annotations: {
    summary: subject ? `{{ $labels.${subject} }}: ${rule.summary}` : rule.summary,
    description: rule.description,
    runbook_url: rule.runbook,
  },
});
