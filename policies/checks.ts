import type { Check } from "./check.ts";
import { alerting } from "./checks/alerting.ts";
import { authentication } from "./checks/authentication.ts";
import { backupSystem } from "./checks/backup-system.ts";
import { circuitBreakers } from "./checks/circuit-breakers.ts";
import { dataEncryption } from "./checks/data-encryption.ts";
import { incidentResponse } from "./checks/incident-response.ts";
import { integrationTests } from "./checks/integration-tests.ts";
import { logging } from "./checks/logging.ts";
import { maintenance } from "./checks/maintenance.ts";
import { metrics } from "./checks/metrics.ts";
import { rateLimiting } from "./checks/rate-limiting.ts";
import { secretsManagement } from "./checks/secrets-management.ts";
import { securityAudit } from "./checks/security-audit.ts";
import { unitTests } from "./checks/unit-tests.ts";

/** The fourteen checks in the order of their numbers. */
export const checks: readonly Check[] = [
  securityAudit,
  secretsManagement,
  authentication,
  dataEncryption,
  metrics,
  logging,
  alerting,
  circuitBreakers,
  backupSystem,
  rateLimiting,
  unitTests,
  integrationTests,
  incidentResponse,
  maintenance,
];
