import type { Secret } from "./secrets.ts";
import type { SessionModel, Target } from "./targets.ts";

export const serviceNames = ["session-buddy", "akosha", "mahavishnu"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Resources of one instance: `cpu` in vCPUs, memory in MiB; `instances` bounds autoscaling. */
export type Size = { cpu: number; memoryMi: number; instances: { min: number; max: number } };

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
  /** The full command. All three bind loopback by default, hence the host argument. */
  command: readonly string[];
  /** Seconds until its health check passes, with a margin over the measured time. */
  startupSeconds: number;
  /** Grace period after SIGTERM, in seconds. */
  stopSeconds: number;
  /** Environment variables that every stack needs; those for other services, a database or a collector are in `peers`, `database` and `collector`. */
  environment: Readonly<Record<string, string>>;
  /** Environment variables for the addresses of other services. */
  peers: Readonly<Record<string, { service: ServiceName; part: "url" | "host" | "port" }>>;
  /** Environment variables for its PostgreSQL database; empty for a service without one. */
  database: Readonly<Record<string, "host" | "port" | "name" | "user" | "sslMode">>;
  /** The variable for the OpenTelemetry collector's address; `with` is set along with it, `without` when there is no collector. */
  collector: { variable: string; with: Readonly<Record<string, string>>; without: Readonly<Record<string, string>> };
  /** Whether it calls the internet; compose and Kubernetes block egress for the others. */
  internet: boolean;
  /** Secrets by environment variable. */
  secrets: Readonly<Record<string, Secret>>;
  /** Where it writes, what that is, and where users' data is kept; a volume has one writer at a time. */
  state: { path: string; holds: string; data: "volume" | "database" };
  /** Other folders it writes to; nothing in them is kept. */
  scratch: readonly string[];
  /** Non-secret files that it needs, by path. */
  files: Readonly<Record<string, string>>;
  sessions: Readonly<Record<Target, SessionModel>>;
  sizes: Readonly<Record<Target, Size>>;
};

const one = { min: 1, max: 1 };
const host = "0.0.0.0";

/** The services in start order: those that others call come first. */
export const services: readonly Service[] = [
  {
    name: "session-buddy",
    port: 8678,
    path: "/mcp",
    health: "/healthz",
    metrics: "/metrics",
    tools: ["ping", "server_info", "get_liveness", "status"],
    calls: ["ping", "get_liveness"],
    // its own CLI binds loopback only and hangs as PID 1; the image's wrapper fixes both
    command: ["python", "/app/serve.py"],
    startupSeconds: 60,
    stopSeconds: 10,
    environment: {},
    peers: {},
    database: {},
    collector: { variable: "OTEL_EXPORTER_OTLP_ENDPOINT", with: {}, without: {} },
    internet: false,
    secrets: { SESSION_ENCRYPTION_KEY: "session-encryption-key" },
    state: { path: "/data", holds: "reflections (DuckDB) and the signer's key", data: "volume" },
    scratch: ["/tmp"],
    files: {},
    sessions: { "cloud-run": "single", compose: "single", kubernetes: "single" },
    sizes: {
      "cloud-run": { cpu: 2, memoryMi: 4096, instances: one },
      compose: { cpu: 1, memoryMi: 1024, instances: one },
      kubernetes: { cpu: 1, memoryMi: 1024, instances: one },
    },
  },
  {
    name: "akosha",
    port: 8682,
    path: "/mcp",
    health: "/healthz",
    metrics: "/metrics",
    tools: ["get_liveness", "get_system_metrics", "list_skills", "list_agents"],
    calls: ["get_liveness", "list_skills"],
    command: ["akosha", "start", "--host", host, "--port", "8682", "--mode", "standard"],
    startupSeconds: 60,
    stopSeconds: 10,
    // only the warm tier can be kept in PostgreSQL; the hot one is in memory
    environment: { AKOSHA__STORAGE__WARM__BACKEND: "pgvector" },
    peers: {},
    database: {},
    collector: { variable: "OTEL_EXPORTER_OTLP_ENDPOINT", with: {}, without: {} },
    internet: false,
    secrets: {
      AKOSHA_API_TOKEN: "akosha-api-token",
      JWT_SECRET: "akosha-jwt-secret",
      AKOSHA_JWT_SECRET: "akosha-jwt-secret",
      AKOSHA__STORAGE__WARM__PG_URL: "akosha-database-url",
    },
    state: { path: "/data", holds: "its own metrics (SQLite) and the signer's key", data: "database" },
    scratch: ["/tmp"],
    files: {},
    sessions: { "cloud-run": "stateless", compose: "single", kubernetes: "single" },
    sizes: {
      "cloud-run": { cpu: 4, memoryMi: 8192, instances: { min: 1, max: 10 } },
      compose: { cpu: 2, memoryMi: 2048, instances: one },
      kubernetes: { cpu: 2, memoryMi: 2048, instances: one },
    },
  },
  {
    name: "mahavishnu",
    port: 8680,
    path: "/mcp",
    health: "/healthz",
    metrics: "/metrics",
    tools: ["list_repos", "get_health", "get_liveness", "pool_list"],
    calls: ["get_liveness", "list_repos"],
    command: ["mahavishnu", "mcp", "start", "--host", host, "--port", "8680"],
    startupSeconds: 60,
    stopSeconds: 30,
    environment: {
      MAHAVISHNU_AUTH__ENABLED: "true",
      MAHAVISHNU_TOOL_PROFILE: "full",
      MAHAVISHNU_REPOS_PATH: "/app/repositories/repos.yaml",
    },
    peers: {
      MAHAVISHNU_POOLS__SESSION_BUDDY_URL: { service: "session-buddy", part: "url" },
      MAHAVISHNU_POOLS__AKOSHA_URL: { service: "akosha", part: "url" },
      MAHAVISHNU_HEALTH__DEPENDENCIES__SESSION_BUDDY__HOST: { service: "session-buddy", part: "host" },
      MAHAVISHNU_HEALTH__DEPENDENCIES__SESSION_BUDDY__PORT: { service: "session-buddy", part: "port" },
      MAHAVISHNU_HEALTH__DEPENDENCIES__AKOSHA__HOST: { service: "akosha", part: "host" },
      MAHAVISHNU_HEALTH__DEPENDENCIES__AKOSHA__PORT: { service: "akosha", part: "port" },
    },
    database: {
      MAHAVISHNU_DB_HOST: "host",
      MAHAVISHNU_DB_PORT: "port",
      MAHAVISHNU_DB_NAME: "name",
      MAHAVISHNU_DB_USER: "user",
      MAHAVISHNU_DB_SSL_MODE: "sslMode",
    },
    collector: {
      variable: "MAHAVISHNU_OBSERVABILITY__OTLP_ENDPOINT",
      with: { MAHAVISHNU_OBSERVABILITY__TRACING_ENABLED: "true", MAHAVISHNU_OBSERVABILITY__METRICS_ENABLED: "true" },
      // it exports spans synchronously: without a reachable collector, tools/list takes 30 s
      without: {
        MAHAVISHNU_OBSERVABILITY__TRACING_ENABLED: "false",
        MAHAVISHNU_OBSERVABILITY__METRICS_ENABLED: "false",
      },
    },
    // its workers call hosted models, with ANTHROPIC_API_KEY and OPENAI_API_KEY
    internet: true,
    secrets: {
      MAHAVISHNU_AUTH_SECRET: "auth-secret",
      MAHAVISHNU_AUTH__SECRET: "auth-secret",
      MAHAVISHNU_JWT_SECRET: "auth-secret",
      MAHAVISHNU_DB_PASSWORD: "mahavishnu-database-password",
      MAHAVISHNU_PERSISTENCE__POSTGRES_URL: "mahavishnu-database-url",
    },
    state: { path: "/data", holds: "the signer's key", data: "database" },
    scratch: ["/tmp", "/app/backups", "/app/.oneiric_cache"],
    // it exits without a list of repositories, and reads one only from below its working directory; the folder of its own
    // keeps the mount from hiding other files on platforms that can only mount folders
    files: { "/app/repositories/repos.yaml": "repos: []\n" },
    sessions: { "cloud-run": "stateless", compose: "sticky", kubernetes: "stateless" },
    sizes: {
      "cloud-run": { cpu: 4, memoryMi: 8192, instances: { min: 1, max: 10 } },
      compose: { cpu: 2, memoryMi: 2048, instances: one },
      kubernetes: { cpu: 2, memoryMi: 2048, instances: { min: 2, max: 10 } },
    },
  },
];

/** The service of that name. */
export function serviceNamed(name: ServiceName): Service {
  return services.find((service) => service.name === name) as Service;
}
