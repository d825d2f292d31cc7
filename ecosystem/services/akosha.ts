import { forms } from "../secret-forms.ts";
import type { Service } from "../service.ts";

export const service: Service = {
  name: "akosha",
  port: 8682,
  path: "/mcp",
  health: "/healthz",
  metrics: "/metrics",
  tools: ["get_liveness", "get_system_metrics", "list_skills", "list_agents"],
  calls: ["get_liveness", "list_skills"],
  command: ["akosha", "start", "--host", "0.0.0.0", "--port", "8682", "--mode", "standard"],
  startupSeconds: 60,
  stopSeconds: 10,
  // only the warm tier can be kept in PostgreSQL; the hot one is in memory
  environment: { AKOSHA__STORAGE__WARM__BACKEND: "pgvector" },
  peers: {},
  database: { password: "akosha-database-password", variables: {} },
  collector: { variable: "OTEL_EXPORTER_OTLP_ENDPOINT", with: {}, without: {} },
  internet: false,
  secrets: {
    AKOSHA_API_TOKEN: "akosha-api-token",
    JWT_SECRET: "akosha-jwt-secret",
    AKOSHA_JWT_SECRET: "akosha-jwt-secret",
    AKOSHA__STORAGE__WARM__PG_URL: "akosha-database-url",
  },
  secretDescriptions: {
    "akosha-api-token": { origin: "generated", form: forms.hex64, purpose: "enables akosha's authentication" },
    "akosha-jwt-secret": { origin: "generated", form: forms.long, purpose: "signs the tokens that akosha accepts" },
    "akosha-database-password": {
      origin: "generated",
      form: forms.password,
      purpose: "password of akosha's PostgreSQL role",
    },
    "akosha-database-url": {
      origin: "derived",
      form: forms.postgresUrl,
      purpose: "akosha's database URL, with its role's password",
    },
  },
  authentication: "AKOSHA_API_TOKEN",
  state: { path: "/data", holds: "its own metrics (SQLite) and the signer's key", data: "database" },
  scratch: ["/tmp"],
  files: {},
  sessions: { "cloud-run": "stateless", compose: "single", kubernetes: "single" },
  sizes: {
    "cloud-run": { cpu: 4, memoryMi: 8192, instances: { min: 1, max: 10 } },
    compose: { cpu: 2, memoryMi: 2048, instances: { min: 1, max: 1 } },
    kubernetes: { cpu: 2, memoryMi: 2048, instances: { min: 1, max: 1 } },
  },
};
