/** How a secret comes to be: made by us, given by whoever runs the stack, or put together by the program from others. */
export type Origin = "generated" | "given" | "derived";

/** The valid form of a secret's value. `holds` answers without ever showing it; `words` are for the person who must mend it. */
export type Form = { words: string; holds(value: string): boolean };

const placeholders = /change.?me|placeholder|example|secret|password|your[-_]|x{3,}|todo|dummy/gi;
const standingAlone = /(^|[^a-z0-9])(change.?me|placeholder|example|secret|password|dummy)([^a-z0-9]|$)/i;

/** A word of a placeholder stands alone, or such words make up a fifth: a random value holds "xxx" by chance, never that. */
const isPlaceholder = (value: string): boolean =>
  standingAlone.test(value) || (value.match(placeholders) ?? []).join("").length >= value.length / 5;

/** The forms that values may have. */
export const forms = {
  /** At least 32 characters and no placeholder: what mahavishnu asks of its own. */
  long: {
    words: "at least 32 characters, not a placeholder",
    holds: (value: string) => value.length >= 32 && !isPlaceholder(value) && new Set(value).size >= 10,
  },
  /** Fernet: base64 (URL-safe) of exactly 32 bytes, 44 characters with the padding; anything else is refused at start. */
  fernet: {
    words: "a Fernet key: URL-safe base64 of exactly 32 bytes, 44 characters ending in =",
    holds: (value: string) => /^[A-Za-z0-9_-]{43}=$/.test(value) && Buffer.from(value, "base64url").length === 32,
  },
  hex64: { words: "64 hexadecimal digits", holds: (value: string) => /^[0-9a-f]{64}$/i.test(value) },
  /** Nothing in it needs to be escaped in a connection URL. */
  password: { words: "at least 24 letters and digits", holds: (value: string) => /^[A-Za-z0-9]{24,}$/.test(value) },
  pagerDuty: {
    words: "an Events API v2 routing key: 32 letters and digits",
    holds: (value: string) => /^[A-Za-z0-9]{32}$/.test(value),
  },
  webhook: {
    words: "an https URL of a real host",
    holds: (value: string) =>
      /^https:\/\/(?!([^/]*\.)?(example\.(com|org|net)|localhost)\b)[^/\s]+\/\S+$/.test(value) && !/x{8}/i.test(value),
  },
  /** What a store outside is opened with, as its own tools keep it in a file. */
  credentials: {
    words: "the JSON key of a Google service account (gs:), or an AWS credentials file (s3:)",
    holds: (value: string) =>
      /"type":\s*"service_account"/.test(value)
        ? /"private_key":\s*"-----BEGIN/.test(value) && /"client_email":\s*"[^"\s]+@/.test(value)
        : /^aws_access_key_id\s*=\s*\S+$/m.test(value) && /^aws_secret_access_key\s*=\s*\S+$/m.test(value),
  },
  postgresUrl: { words: "a postgresql:// URL", holds: (value: string) => value.startsWith("postgresql://") },
} as const satisfies Record<string, Form>;

/** `irreplaceable` says why a new value in the place of the old one would lose data. */
type SecretDescription = { origin: Origin; form: Form; purpose: string; irreplaceable?: string };

/** Every secret of the ecosystem. A service sees one under the real names in its own `secrets`; alerts and backups name theirs. */
export const secrets = {
  "auth-secret": { origin: "generated", form: forms.long, purpose: "signs the tokens that mahavishnu accepts" },
  "session-encryption-key": {
    origin: "generated",
    form: forms.fernet,
    purpose: "encrypts session-buddy's data",
    irreplaceable:
      "session-buddy takes one key, and what the old one has encrypted could not be read with a new one: a rotation needs both until all of it is written anew",
  },
  "akosha-api-token": { origin: "generated", form: forms.hex64, purpose: "turns akosha's authentication on" },
  "akosha-jwt-secret": { origin: "generated", form: forms.long, purpose: "signs the tokens that akosha accepts" },
  "mahavishnu-database-password": {
    origin: "generated",
    form: forms.password,
    purpose: "mahavishnu's role in PostgreSQL",
  },
  "akosha-database-password": { origin: "generated", form: forms.password, purpose: "akosha's role in PostgreSQL" },
  "mahavishnu-database-url": {
    origin: "derived",
    form: forms.postgresUrl,
    purpose: "mahavishnu's database with its role's password",
  },
  "akosha-database-url": {
    origin: "derived",
    form: forms.postgresUrl,
    purpose: "akosha's database with its role's password",
  },
  "postgres-password": {
    origin: "generated",
    form: forms.password,
    purpose: "the administrator of a PostgreSQL that the stack runs itself",
  },
  "restic-password": {
    origin: "generated",
    form: forms.long,
    purpose: "encrypts the backups; without it they cannot be read",
    irreplaceable:
      "every backup so far is opened with the old one: the repository itself must be given the new one, beside the old one, before the settings are",
  },
  "pagerduty-routing-key": { origin: "given", form: forms.pagerDuty, purpose: "pages on-call for P1 and P2" },
  "slack-webhook-url": { origin: "given", form: forms.webhook, purpose: "tells the team's channel" },
  "ticket-webhook-url": { origin: "given", form: forms.webhook, purpose: "opens tickets for P2, P3 and P4" },
  "deadman-webhook-url": {
    origin: "given",
    form: forms.webhook,
    purpose: "expects the dead man's signal and raises the alarm without it",
  },
  "backup-writer-credentials": {
    origin: "given",
    form: forms.credentials,
    purpose: "adds backups to a repository outside, and deletes nothing but its own locks there",
  },
  "backup-pruner-credentials": {
    origin: "given",
    form: forms.credentials,
    purpose: "checks a repository outside and forgets what is past its time",
  },
  "backup-copier-credentials": {
    origin: "given",
    form: forms.credentials,
    purpose: "reads the repository and adds what is new to the vault; deletes nothing in either",
  },
} as const satisfies Record<string, SecretDescription>;

export type Secret = keyof typeof secrets;
export const secretNames = Object.keys(secrets) as Secret[];
