import { type Secret, secretNames, secrets } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";
import { receiverSecrets } from "../alerts/notification-routes.ts";
import { credentials, databasePassword } from "../backups/jobs.ts";
import type { SettingsOn } from "../config/schema.ts";

/** The secrets that must be set for a stack to run on a target, generated and given ones. */
export function requiredSecrets(settings: SettingsOn): Secret[] {
  const read = new Set<Secret>([
    ...services.flatMap((service) => Object.values(service.secrets)),
    ...services.flatMap(({ name }) => databasePassword[name] ?? []),
    ...(settings.target === "compose" ? (["postgres-password"] as const) : []),
    ...receiverSecrets(settings.alerts).filter(
      (name) => settings.target !== "cloud-run" || name !== "deadman-webhook-url",
    ),
    "restic-password",
    ...(["writer", "pruner", "copier"] as const).flatMap((identity) => credentials(identity, settings)),
  ]);
  return secretNames.filter((name) => read.has(name) && secrets[name].origin !== "derived");
}
