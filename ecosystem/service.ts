import type { Secret, SecretDescription } from "./secret-forms.ts";
import type { SessionModel, Target } from "./targets.ts";
import type { MiB, Seconds } from "./units.ts";

/** The name of a service and of its file in `services/`; a release may name one that `ecosystem/` no longer describes. */
export type ServiceName = string;

/** Resources of one instance: `cpu` in vCPUs, memory in MiB; `instances` bounds autoscaling. */
export type Size = { cpu: number; memoryMi: MiB; instances: { min: number; max: number } };

/**
 * What is fixed about one MCP server of the ecosystem.
 * `tools` are some of its tools, never a count: the set grows with every release.
 * `calls` are read-only tools without arguments that respond quickly and need no other service.
 */
export type Service = {
  name: ServiceName;
  port: number;
  path: string;
  health: string;
  metrics: string;
  tools: readonly string[];
  calls: readonly string[];
  /** The full command. Servers bind loopback by default, hence the host argument. */
  command: readonly string[];
  /** Seconds until its health check passes, with a margin over the measured time. */
  startupSeconds: Seconds;
  /** Grace period after SIGTERM, in seconds. */
  stopSeconds: Seconds;
  /** Environment variables that every stack needs; those for other services, a database or a collector are in `peers`, `database` and `collector`. */
  environment: Readonly<Record<string, string>>;
  /** Environment variables for the addresses of other services. */
  peers: Readonly<Record<string, { service: ServiceName; part: "url" | "host" | "port" }>>;
  /** Its PostgreSQL role: the secret with the password, and the environment variables for the database; null without one. */
  database: {
    password: Secret;
    variables: Readonly<Record<string, "host" | "port" | "name" | "user" | "sslMode">>;
  } | null;
  /** The variable for the OpenTelemetry collector's address; `with` is set along with it, `without` when there is no collector. */
  collector: { variable: string; with: Readonly<Record<string, string>>; without: Readonly<Record<string, string>> };
  /** Whether it calls the internet; compose and Kubernetes block egress for the others. */
  internet: boolean;
  /** Secrets by environment variable. */
  secrets: Readonly<Record<string, Secret>>;
  /** Descriptions of these secrets and of the database's password; no other service reads them. */
  secretDescriptions: Readonly<Record<Secret, SecretDescription>>;
  /** The variable whose secret enables its authentication; null for a service without any. */
  authentication: string | null;
  /** The folder it writes to, its content, and where users' data is kept; a volume has one writer at a time. */
  state: { path: string; holds: string; data: "volume" | "database" };
  /** Other folders it writes to; nothing in them is kept. */
  scratch: readonly string[];
  /** Non-secret files that it needs, by path. */
  files: Readonly<Record<string, string>>;
  sessions: Readonly<Record<Target, SessionModel>>;
  sizes: Readonly<Record<Target, Size>>;
};
