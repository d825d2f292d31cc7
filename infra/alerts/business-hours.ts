import type { Alert, AlertName, Priority } from "./alerts.ts";
import type { Condition } from "./conditions/condition.ts";
import type { PromWindow } from "./promql.ts";

/** When tickets may be opened: from the first to the last weekday (0 is Sunday), from one full hour to before another, in UTC. */
const businessHours = { firstDay: 1, lastDay: 5, start: 9, end: 17 } as const;

/** The priorities whose alerts wait for business hours before they fire. */
const waiting: readonly Priority[] = ["P3", "P4"];
export const waitsForBusinessHours = ({ priority }: Pick<Alert, "priority">): boolean => waiting.includes(priority);

/** A recorded series under our own name, computed by Prometheus from others. */
export type Recording = { record: string; expr: string; labels?: Record<string, string> };

/**
 * An alert that begins in business hours only and ends at any hour. Alertmanager's time intervals would also drop the
 * "resolved" of an alert that ends at night, so the hours are part of the rule: a series remembers since when the condition
 * holds, and the alert fires when that has lasted long enough, from the next business hour until the condition ends.
 * `labels` are those of the stack's alerts.
 */
export function inBusinessHours(
  { alert, subject = "", expression, for: lasting }: Pick<Alert, "for"> & Condition & { alert: AlertName },
  labels: Record<string, string>,
): { start: Recording; due: string } {
  const own = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  const start = `${START}{${[`alert="${alert}"`, ...own].join(",")}}`;
  const firing = `ALERTS{${[`alertname="${alert}"`, 'alertstate="firing"', ...own].join(",")}}`;
  const { firstDay, lastDay, start: opens, end: closes } = businessHours;
  const open = `(hour() >= ${opens} < ${closes} and day_of_week() >= ${firstDay} <= ${lastDay})`;
  return {
    start: {
      record: START,
      expr: `${start} and on (${subject}) (${expression}) or on (${subject}) group by (${subject}) (${expression}) * time()`,
      labels: { alert, ...labels },
    },
    due: `max by (${subject}) (time() - ${start} >= ${secondsOf(lasting)} and on () ${open} or ${start} and on (${subject}) ${firing})`,
  };
}

/** The length of a window in seconds. */
export const secondsOf = (window: PromWindow): number =>
  Number.parseFloat(window) * units[window.slice(-1) as keyof typeof units];

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** When an alert's condition began to hold. */
const START = "mahavishnu_alert_start_timestamp_seconds";
