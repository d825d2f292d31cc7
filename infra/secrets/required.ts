import { type Secret, secretNamed, secretNames } from "../../ecosystem/secrets.ts";
import { receiverSecrets } from "../alerts/notification-routes.ts";
import { credentials } from "../backups/jobs.ts";
import type { SettingsOn } from "../config/schema.ts";

/** Who reads secrets: a service as it is described, or a revision of one. */
type Reader = { secrets: Readonly<Record<string, Secret>>; database: { password: Secret } | null };

/** The secrets that must be set for readers to run on a stack's target, generated and given ones. */
export function requiredSecrets(settings: SettingsOn, readers: Iterable<Reader>): Secret[] {
  const read = new Set<Secret>([
    ...[...readers].flatMap(({ secrets, database }) => [
      ...Object.values(secrets),
      ...(database ? [database.password] : []),
    ]),
    ...(settings.target === "compose" ? (["postgres-password"] as const) : []),
    ...(settings.target === "cloud-run" ? [] : (["preview-token"] as const)),
    ...receiverSecrets(settings.alerts).filter(
      (name) => settings.target !== "cloud-run" || name !== "deadman-webhook-url",
    ),
    "restic-password",
    ...(["writer", "pruner", "copier"] as const).flatMap((identity) => credentials(identity, settings)),
  ]);
  const described = secretNames.filter((name) => read.has(name));
  return [...described, ...[...read].filter((name) => !secretNames.includes(name))].filter(
    (name) => secretNamed(name).origin !== "derived",
  );
}
