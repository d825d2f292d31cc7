import { forms } from "../secret-forms.ts";
import type { Service } from "../service.ts";

export const service: Service = {
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
  database: null,
  collector: { variable: "OTEL_EXPORTER_OTLP_ENDPOINT", with: {}, without: {} },
  internet: false,
  secrets: { SESSION_ENCRYPTION_KEY: "session-encryption-key" },
  secretDescriptions: {
    "session-encryption-key": {
      origin: "generated",
      form: forms.fernet,
      purpose: "encrypts session-buddy's data",
      irreplaceable:
        "session-buddy accepts only one key, and data encrypted with the old key cannot be read with a new one. Re-encrypt all data before you replace the key",
    },
  },
  authentication: null,
  state: { path: "/data", holds: "reflections (DuckDB) and the signer's key", data: "volume" },
  scratch: ["/tmp"],
  files: {},
  sessions: { "cloud-run": "single", compose: "single", kubernetes: "single" },
  sizes: {
    "cloud-run": { cpu: 2, memoryMi: 4096, instances: { min: 1, max: 1 } },
    compose: { cpu: 1, memoryMi: 1024, instances: { min: 1, max: 1 } },
    kubernetes: { cpu: 1, memoryMi: 1024, instances: { min: 1, max: 1 } },
  },
};
