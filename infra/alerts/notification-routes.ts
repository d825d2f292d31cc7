import type { Secret } from "../../ecosystem/secrets.ts";
import type { Settings } from "../config/schema.ts";
import { type AlertName, type Priority, priorities } from "./alerts.ts";

type Alerts = Settings["alerts"];

/** A receiver, the alerts it gets, and how soon and how often it is notified. */
export type NotificationRoute = {
  receiver: string;
  /** The label value to match; the first matching route wins. */
  match: { label: "alertname" | "priority"; value: string };
  /** Alertmanager's group_wait, group_interval and repeat_interval. */
  wait: string;
  interval: string;
  repeat: string;
  /** Notifies in business hours only; what happens at night waits for the morning. */
  businessHours: boolean;
  secrets: readonly Secret[];
};

/** The routes of a stack's settings: the dead man's switch first, then each priority. */
export function notificationRoutesOf(alerts: Alerts): NotificationRoute[] {
  return [
    {
      receiver: "dead-man",
      match: { label: "alertname", value: "DeadMan" satisfies AlertName },
      ...pace.deadMan,
      secrets: ["deadman-webhook-url"],
    },
    ...priorities.map((priority) => ({
      receiver: priority,
      match: { label: "priority" as const, value: priority },
      ...pace[priority],
      secrets: alerts[priority],
    })),
  ];
}

/** Where an alert without a priority goes. Ours always have one, so this is a mistake that someone must notice. */
export const fallback: Priority = "P2";

const pace = {
  deadMan: { wait: "0s", interval: "1m", repeat: "5m", businessHours: false },
  P1: { wait: "10s", interval: "1m", repeat: "1h", businessHours: false },
  P2: { wait: "30s", interval: "5m", repeat: "4h", businessHours: false },
  P3: { wait: "5m", interval: "30m", repeat: "24h", businessHours: true },
  // Alertmanager keeps its notification log for five days
  P4: { wait: "30m", interval: "1h", repeat: "5d", businessHours: true },
} as const satisfies Record<Priority | "deadMan", Omit<NotificationRoute, "receiver" | "match" | "secrets">>;

/** When tickets may be opened, in UTC. */
export const businessHours = {
  name: "business-hours",
  weekdays: "monday:friday",
  start: "09:00",
  end: "17:00",
} as const;

/** Alerts that add nothing while another one fires for the same service. */
export const inhibitions: readonly { source: AlertName; targets: readonly AlertName[]; equal: string }[] = [
  {
    source: "ServiceDown",
    targets: ["ErrorBudgetBurn14x", "ErrorBudgetBurn6x", "ErrorBudgetBurn3x", "ErrorBudgetBurn1x", "LatencyHigh"],
    equal: "service",
  },
  {
    source: "ErrorBudgetBurn14x",
    targets: ["ErrorBudgetBurn6x", "ErrorBudgetBurn3x", "ErrorBudgetBurn1x"],
    equal: "service",
  },
  { source: "ErrorBudgetBurn6x", targets: ["ErrorBudgetBurn3x", "ErrorBudgetBurn1x"], equal: "service" },
  { source: "ErrorBudgetBurn3x", targets: ["ErrorBudgetBurn1x"], equal: "service" },
];

/** The secrets of a stack's receivers. */
export const receiverSecrets = (alerts: Alerts): Secret[] => [
  ...new Set(notificationRoutesOf(alerts).flatMap(({ secrets }) => secrets)),
];
