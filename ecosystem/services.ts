import type { Secret } from "./secrets.ts";
import type { SessionModel, Target } from "./targets.ts";

export const serviceNames = ["session-buddy", "akosha", "mahavishnu"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** How much of a machine one instance gets. `cpu` in processors, memory in MiB; instances bound what scales. */
export type Size = { cpu: number; memoryMi: number; instances: { min: number; max: number } };

/**
 * What is fixed about one MCP server of the ecosystem.
 * `tools` is a small part of what it offers, never a count: the whole set grows with every release.
 * `calls` are tools that change nothing, need no argument and answer quickly without any other service.
 */
export type Service = {
  name: ServiceName;
  port: number;
  path: string;
  health: string;
  metrics: string;
  tools: readonly string[];
  calls: readonly string[];
  /** The whole command. All three bind loopback unless told otherwise, so the host argument is part of it. */
  command: readonly string[];
  /** Seconds until it answers its health check, with a margin over what was measured. */
  startupSeconds: number;
  /** Seconds that it may take to end after SIGTERM. */
  stopSeconds: number;
  /** The real environment variables that every stack needs. Those that name other services, a database or a collector are in `peers`, `database`, `collector`. */
  environment: Readonly<Record<string, string>>;
  /** Which variable gets the address of which other service. */
  peers: Readonly<Record<string, { service: ServiceName; part: "url" | "host" | "port" }>>;
  /** Which variable gets what about PostgreSQL; none where the service keeps nothing there. */
  database: Readonly<Record<string, "host" | "port" | "name" | "user" | "sslMode">>;
  /** Which variable gets the address of the OpenTelemetry collector, and what else is then said. Without a collector, `without` is. */
  collector: { variable: string; with: Readonly<Record<string, string>>; without: Readonly<Record<string, string>> };
  /** Whether it calls servers on the internet by itself: on a Docker host and in a cluster whoever does not gets no way there. */
  internet: boolean;
  /** Which variable gets which secret. */
  secrets: Readonly<Record<string, Secret>>;
  /** Where it writes, what that is, and where the data of its users lies: what lies on the volume has one writer at a time. */
  state: { path: string; holds: string; data: "volume" | "database" };
  /** Other folders that it writes into without keeping anything. */
  scratch: readonly string[];
  /** Files that it needs and that are not secret, by path. */
  files: Readonly<Record<string, string>>;
  sessions: Readonly<Record<Target, SessionModel>>;
  sizes: Readonly<Record<Target, Size>>;
};

const one = { min: 1, max: 1 };
const host = "0.0.0.0";

/** The services, in the order they start: whoever is asked by the others comes first. */
export const services: readonly Service[] = [
  {
    name: "session-buddy",
    port: 8678,
    path: "/mcp",
    health: "/healthz",
    metrics: "/metrics",
    tools: ["ping", "server_info", "get_liveness", "status"],
    calls: ["ping", "get_liveness"],
    // its own command line binds loopback only and hangs as PID 1; the image brings a wrapper that does neither
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
    // the warm tier is the one that PostgreSQL can hold; the hot one is in memory
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
      // it exports each span synchronously: without a collector that answers, a list of its tools takes 30 s
      without: {
        MAHAVISHNU_OBSERVABILITY__TRACING_ENABLED: "false",
        MAHAVISHNU_OBSERVABILITY__METRICS_ENABLED: "false",
      },
    },
    // its workers are models that answer there: it reads ANTHROPIC_API_KEY and OPENAI_API_KEY
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
    // it exits without a list of repositories, and takes one only from below its working directory; in a folder of its own
    // the list hides no other file where a platform can mount nothing smaller than a folder
    files: { "/app/repositories/repos.yaml": "repos: []\n" },
    sessions: { "cloud-run": "stateless", compose: "sticky", kubernetes: "stateless" },
    sizes: {
      "cloud-run": { cpu: 4, memoryMi: 8192, instances: { min: 1, max: 10 } },
      compose: { cpu: 2, memoryMi: 2048, instances: one },
      kubernetes: { cpu: 2, memoryMi: 2048, instances: { min: 2, max: 10 } },
    },
  },
];

/** A service by its name. */
export function serviceNamed(name: ServiceName): Service {
  return services.find((service) => service.name === name) as Service;
}
