import { forms, type Secret, type SecretDescription } from "./secret-forms.ts";
import { services } from "./services.ts";

export type { Secret } from "./secret-forms.ts";

/** The secrets of the stack itself: for its own PostgreSQL, its backups and its alerts. */
const ofStack = {
  "postgres-password": {
    origin: "generated",
    form: forms.password,
    purpose: "administrator password of the stack's own PostgreSQL",
  },
  "preview-token": {
    origin: "generated",
    form: forms.password,
    purpose: "admits requests to the candidate at 0 %, and distinguishes the promotion's probes from users",
  },
  "restic-password": {
    origin: "generated",
    form: forms.long,
    purpose: "encrypts the backups; without it they cannot be read",
    irreplaceable:
      "existing backups can only be opened with the old password. Add the new one to the repository (restic key add) before you change the setting",
  },
  "pagerduty-routing-key": { origin: "given", form: forms.pagerDuty, purpose: "pages on-call for P1 and P2" },
  "slack-webhook-url": { origin: "given", form: forms.webhook, purpose: "notifies the team's channel" },
  "ticket-webhook-url": { origin: "given", form: forms.webhook, purpose: "opens tickets for P2, P3 and P4" },
  "deadman-webhook-url": {
    origin: "given",
    form: forms.webhook,
    purpose: "dead man's switch: raises the alarm when its signal stops",
  },
  "backup-writer-credentials": {
    origin: "given",
    form: forms.credentials,
    purpose: "adds backups to an external repository; may delete only its own locks",
  },
  "backup-pruner-credentials": {
    origin: "given",
    form: forms.credentials,
    purpose: "checks an external repository and prunes expired snapshots",
  },
  "backup-copier-credentials": {
    origin: "given",
    form: forms.credentials,
    purpose: "reads the repository and adds new objects to the vault; may delete nothing in either",
  },
} satisfies Record<Secret, SecretDescription>;

/** Every secret of the ecosystem, the services' first. */
export const secrets: Readonly<Record<Secret, SecretDescription>> = {
  ...Object.assign({}, ...services.map(({ secretDescriptions }) => secretDescriptions)),
  ...ofStack,
};
export const secretNames: readonly Secret[] = Object.keys(secrets);

/** The description of a secret. One that only an old release reads is given by the operator, in any format. */
export const secretNamed = (name: Secret): SecretDescription =>
  secrets[name] ?? {
    origin: "given",
    form: forms.any,
    purpose: "read by a service that ecosystem/ no longer describes",
  };
