import type { Secret } from "../../ecosystem/secrets.ts";
import type { Settings } from "../config/schema.ts";
import { type AlertName, type Priority, priorities } from "./alerts.ts";

type Alerts = Settings["alerts"];

/**
 * A receiver, the alerts it gets, and how soon and how often it is notified. No route has time intervals: they would drop the
 * end of an alert too (`business-hours.ts` says when an alert may begin).
 */
export type NotificationRoute = {
  receiver: string;
  /** The label value to match; the first matching route wins. */
  match: { label: "alertname" | "priority"; value: string };
  /** Alertmanager's group_wait, group_interval and repeat_interval. */
  wait: string;
  interval: string;
  repeat: string;
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
  deadMan: { wait: "0s", interval: "1m", repeat: "5m" },
  P1: { wait: "10s", interval: "1m", repeat: "1h" },
  P2: { wait: "30s", interval: "5m", repeat: "4h" },
  P3: { wait: "5m", interval: "30m", repeat: "24h" },
  // Alertmanager keeps its notification log for five days
  P4: { wait: "30m", interval: "1h", repeat: "5d" },
} as const satisfies Record<Priority | "deadMan", Omit<NotificationRoute, "receiver" | "match" | "secrets">>;

/** Alerts that add nothing while another one fires for the same service. */
export const inhibitions: readonly { source: AlertName; targets: readonly AlertName[]; equal: string }[] = [
  {
    source: "ServiceDown",
    targets: [
      "ServiceRefusing",
      "ErrorBudgetBurn14x",
      "ErrorBudgetBurn6x",
      "ErrorBudgetBurn3x",
      "ErrorBudgetBurn1x",
      "LatencyHigh",
    ],
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
