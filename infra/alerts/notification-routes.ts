import type { Secret } from "../../ecosystem/secrets.ts";
import type { Settings } from "../config/schema.ts";
import { type AlertName, type Priority, priorities } from "./alerts.ts";

type Alerts = Settings["alerts"];

/** A receiver's name, the alerts that it gets, and how soon and how often it hears of them. */
export type NotificationRoute = {
  receiver: string;
  /** What an alert's label must be; the first notice that fits is the one. */
  match: { label: "alertname" | "priority"; value: string };
  /** How long the first one waits for company, and further ones after it; and when it is said again. */
  wait: string;
  interval: string;
  repeat: string;
  /** Only in business hours: what happens at night is told in the morning. */
  businessHours: boolean;
  secrets: readonly Secret[];
};

/** Who hears of what, by a stack's settings: the dead man first, then each priority. */
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

/** Whoever hears of an alert without a priority: one of ours always has one, so it is a mistake that must not go unheard. */
export const fallback: Priority = "P2";

const pace = {
  deadMan: { wait: "0s", interval: "1m", repeat: "5m", businessHours: false },
  P1: { wait: "10s", interval: "1m", repeat: "1h", businessHours: false },
  P2: { wait: "30s", interval: "5m", repeat: "4h", businessHours: false },
  P3: { wait: "5m", interval: "30m", repeat: "24h", businessHours: true },
  // Alertmanager remembers what it has told for five days
  P4: { wait: "30m", interval: "1h", repeat: "5d", businessHours: true },
} as const satisfies Record<Priority | "deadMan", Omit<NotificationRoute, "receiver" | "match" | "secrets">>;

/** When tickets are opened, in UTC. */
export const businessHours = {
  name: "business-hours",
  weekdays: "monday:friday",
  start: "09:00",
  end: "17:00",
} as const;

/** The alerts that say nothing new of a service while another one fires for it. */
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

/** The secrets that lead to a stack's receivers. */
export const receiverSecrets = (alerts: Alerts): Secret[] => [
  ...new Set(notificationRoutesOf(alerts).flatMap(({ secrets }) => secrets)),
];
