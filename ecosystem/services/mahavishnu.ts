import { forms } from "../secret-forms.ts";
import type { Service } from "../service.ts";

export const service: Service = {
  name: "mahavishnu",
  port: 8680,
  path: "/mcp",
  health: "/healthz",
  metrics: "/metrics",
  tools: ["list_repos", "get_health", "get_liveness", "pool_list"],
  calls: ["get_liveness", "list_repos"],
  command: ["mahavishnu", "mcp", "start", "--host", "0.0.0.0", "--port", "8680"],
  startupSeconds: 60,
  stopSeconds: 30,
  environment: {
    MAHAVISHNU_AUTH__ENABLED: "true",
    MAHAVISHNU_TOOL_PROFILE: "full",
    MAHAVISHNU_REPOS_PATH: "/app/repositories/repos.yaml",
  },
  // not MAHAVISHNU_HEALTH__DEPENDENCIES__*: 0.36.0 splits such a name only once, and refuses to start with "Extra inputs are not permitted"
  peers: {
    MAHAVISHNU_POOLS__SESSION_BUDDY_URL: { service: "session-buddy", part: "url" },
    MAHAVISHNU_POOLS__AKOSHA_URL: { service: "akosha", part: "url" },
  },
  database: {
    password: "mahavishnu-database-password",
    variables: {
      MAHAVISHNU_DB_HOST: "host",
      MAHAVISHNU_DB_PORT: "port",
      MAHAVISHNU_DB_NAME: "name",
      MAHAVISHNU_DB_USER: "user",
      MAHAVISHNU_DB_SSL_MODE: "sslMode",
    },
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
  secretDescriptions: {
    "auth-secret": { origin: "generated", form: forms.long, purpose: "signs the tokens that mahavishnu accepts" },
    "mahavishnu-database-password": {
      origin: "generated",
      form: forms.password,
      purpose: "password of mahavishnu's PostgreSQL role",
    },
    "mahavishnu-database-url": {
      origin: "derived",
      form: forms.postgresUrl,
      purpose: "mahavishnu's database URL, with its role's password",
    },
  },
  authentication: "MAHAVISHNU_AUTH_SECRET",
  state: { path: "/data", holds: "the signer's key", data: "database" },
  scratch: ["/tmp", "/app/backups", "/app/.oneiric_cache"],
  // it exits without a list of repositories, and reads one only from below its working directory; the folder of its own
  // keeps the mount from hiding other files on platforms that can only mount folders
  files: { "/app/repositories/repos.yaml": "repos: []\n" },
  sessions: { "cloud-run": "stateless", compose: "sticky", kubernetes: "stateless" },
  sizes: {
    "cloud-run": { cpu: 4, memoryMi: 8192, instances: { min: 1, max: 10 } },
    compose: { cpu: 2, memoryMi: 2048, instances: { min: 1, max: 1 } },
    kubernetes: { cpu: 2, memoryMi: 2048, instances: { min: 2, max: 10 } },
  },
};
