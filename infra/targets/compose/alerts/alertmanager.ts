import type { Secret } from "../../../../ecosystem/secrets.ts";
import {
  fallback,
  inhibitions,
  type NotificationRoute,
  notificationRoutesOf,
} from "../../../alerts/notification-routes.ts";
import { notificationText } from "../../../alerts/notification-text.ts";
import type { Settings } from "../../../config/schema.ts";
import { yaml11 } from "../../yaml11.ts";

/**
 * The configuration of a stack's own Alertmanager, by file name. `secretFile` returns the mounted path of a receiver's
 * secret: Alertmanager reads it again for each message, and does not expand environment variables.
 * `receiverSecrets` (`notification-routes.ts`) names the secrets to mount.
 */
export function alertmanagerFiles(
  alerts: Settings["alerts"],
  secretFile: (secret: Secret) => string,
): Record<"alertmanager.yml", string> {
  return { "alertmanager.yml": yaml11(alertmanagerConfig(alerts, secretFile)) };
}

export function alertmanagerConfig(alerts: Settings["alerts"], secretFile: (secret: Secret) => string) {
  const notificationRoutes = notificationRoutesOf(alerts);
  return {
    route: { receiver: fallback, group_by: ["alertname", "service"], routes: notificationRoutes.map(route) },
    receivers: notificationRoutes.map(({ receiver, secrets }) => ({
      name: receiver,
      ...integrations(secrets, secretFile),
    })),
    inhibit_rules: inhibitions.map(({ source, targets, equal }) => ({
      source_matchers: [`alertname="${source}"`],
      target_matchers: [`alertname=~"${targets.join("|")}"`],
      equal: [equal],
    })),
  };
}

const route = ({ receiver, match, wait, interval, repeat }: NotificationRoute) => ({
  matchers: [`${match.label}="${match.value}"`],
  receiver,
  group_wait: wait,
  group_interval: interval,
  repeat_interval: repeat,
});

/** One receiver's integrations. */
function integrations(secrets: readonly Secret[], secretFile: (secret: Secret) => string) {
  const of = (secret: Secret, config: (file: string) => object) =>
    secrets.includes(secret) ? [config(secretFile(secret))] : [];
  // a resolved dead man's switch is not good news
  const webhook = (secret: Secret) =>
    of(secret, (file) => ({ url_file: file, send_resolved: secret !== "deadman-webhook-url" }));
  const found = {
    pagerduty_configs: of("pagerduty-routing-key", (file) => ({
      routing_key_file: file,
      description: notificationText.title,
      details: { text: notificationText.text },
      severity: notificationText.severity,
    })),
    slack_configs: of("slack-webhook-url", (file) => ({
      api_url_file: file,
      send_resolved: true,
      title: notificationText.title,
      text: notificationText.text,
    })),
    webhook_configs: [...webhook("ticket-webhook-url"), ...webhook("deadman-webhook-url")],
  };
  return Object.fromEntries(Object.entries(found).filter(([, configs]) => configs.length > 0));
}
