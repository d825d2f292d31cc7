import { change, drop, type Inputs, type Mutation, replace, unprotect } from "./fixtures.ts";

const SERVICE = "cloudrunv2/service:Service";
const INVOKER = "cloudrunv2/serviceIamMember:ServiceIamMember";
const first = (inputs: Inputs) => inputs.template.containers[0];

const cloud = (what: string, caught: string, breaks: Mutation["breaks"]): Mutation => ({
  target: "cloud-run",
  what,
  caught,
  breaks,
});

/** Changes what the machine of the single services is described to run. */
const machine = (edit: (description: Inputs) => unknown) =>
  change("compute/instance:Instance", ({ metadata }) => {
    const description = JSON.parse(metadata["singles-description"]);
    edit(description);
    metadata["singles-description"] = JSON.stringify(description);
  });

/** What is broken of prod on Cloud Run. */
export const cloudRun: readonly Mutation[] = [
  cloud(
    "an image by its tag",
    "security-audit",
    change(`${SERVICE} akosha`, (i) => {
      first(i).image = "registry.test/akosha:latest";
    }),
  ),
  cloud(
    "another image than the audited one",
    "security-audit",
    replace(`${SERVICE} akosha`, /sha256:[0-9a-f]{64}/, `sha256:${"9".repeat(64)}`),
  ),
  cloud(
    "another image than the smoked one",
    "integration-tests",
    replace(`${SERVICE} mahavishnu`, /sha256:[0-9a-f]{64}/, `sha256:${"9".repeat(64)}`),
  ),
  cloud(
    "another image than the tested one",
    "unit-tests",
    replace(`${SERVICE} mahavishnu`, /sha256:[0-9a-f]{64}/, `sha256:${"9".repeat(64)}`),
  ),
  cloud(
    "a plaintext secret",
    "secrets-management",
    change(`${SERVICE} akosha`, (i) => {
      first(i).envs.push({ name: "OPENAI_API_KEY", value: "planted-value-of-a-key" });
    }),
  ),
  cloud(
    "a service's secret as a plain value",
    "secrets-management",
    change(`${SERVICE} mahavishnu`, (i) => {
      for (const env of first(i).envs)
        if (env.valueSource) {
          delete env.valueSource;
          env.value = "planted";
        }
    }),
  ),
  cloud("a secret that is not marked", "secrets-management", (declared) =>
    declared.map((one) => (one.type.endsWith("SecretVersion") ? { ...one, secretPaths: new Set<string>() } : one)),
  ),
  cloud(
    "a public invoker",
    "authentication",
    change(`${INVOKER} akosha-called-by-group`, (i) => {
      i.member = "allUsers";
    }),
  ),
  cloud(
    "any Google account as an invoker",
    "authentication",
    change(`${INVOKER} akosha-called-by-group`, (i) => {
      i.member = "allAuthenticatedUsers";
    }),
  ),
  cloud(
    "no invoker check",
    "authentication",
    change(`${SERVICE} akosha`, (i) => {
      i.invokerIamDisabled = true;
    }),
  ),
  cloud(
    "a machine with a public address",
    "authentication",
    change("compute/instance:Instance", (i) => {
      i.networkInterfaces[0].accessConfigs = [{}];
    }),
  ),
  cloud(
    "a firewall that is open to the world",
    "authentication",
    change("compute/firewall:Firewall", (i) => {
      i.sourceRanges = ["0.0.0.0/0"];
    }),
  ),
  cloud(
    "a database that takes plain connections",
    "data-encryption",
    change("DatabaseInstance", (i) => {
      i.settings.ipConfiguration.sslMode = "ALLOW_UNENCRYPTED_AND_ENCRYPTED";
    }),
  ),
  cloud(
    "TLS 1.0",
    "data-encryption",
    change("sSLPolicy:SSLPolicy", (i) => {
      i.minTlsVersion = "TLS_1_0";
    }),
  ),
  cloud(
    "a client that talks to its database in the clear",
    "data-encryption",
    replace(`${SERVICE} mahavishnu`, /^require$/, "disable"),
  ),
  cloud(
    "a rule over a series that nobody exports",
    "metrics",
    replace(
      "AlertPolicy alerting-LatencyHigh",
      "run_googleapis_com:request_latencies_bucket",
      "http_request_duration_seconds_bucket",
    ),
  ),
  cloud("no objective of a service", "metrics", drop("slo:Slo alerting-akosha")),
  cloud("no uptime check of a service", "metrics", drop("UptimeCheckConfig alerting-uptime-akosha")),
  cloud(
    "logs of a week",
    "logging",
    change("ProjectBucketConfig", (i) => {
      i.retentionDays = 7;
    }),
  ),
  cloud(
    "a sink without the services",
    "logging",
    change("ProjectSink", (i) => {
      i.filter = 'resource.type="cloudsql_database"';
    }),
  ),
  cloud(
    "a balancer that logs nothing",
    "logging",
    change("compute/backendService:BackendService", (i) => {
      i.logConfig.enable = false;
    }),
  ),
  cloud("a policy that notifies nobody", "alerting", (declared) =>
    declared.map((one) => (one.name.endsWith("ServiceDown") ? { ...one, references: {} } : one)),
  ),
  cloud(
    "no pager",
    "alerting",
    change("NotificationChannel", (i) => {
      i.type = i.type === "pagerduty" ? "email" : i.type;
    }),
  ),
  cloud(
    "any concurrency",
    "circuit-breakers",
    change(SERVICE, (i) => {
      delete i.template.maxInstanceRequestConcurrency;
    }),
  ),
  cloud(
    "a service without a liveness probe",
    "circuit-breakers",
    change(`${SERVICE} akosha`, (i) => {
      delete first(i).livenessProbe;
    }),
  ),
  cloud(
    "29 daily backups",
    "backup-system",
    change("cloudrunv2/job:Job backups-check", (i) => {
      for (const env of i.template.template.containers[0].envs) if (env.name === "BACKUP_KEEP_DAILY") env.value = "29";
    }),
  ),
  cloud(
    "a vault that is not locked",
    "backup-system",
    change("bucket:Bucket backups-vault", (i) => {
      i.retentionPolicy.isLocked = false;
    }),
  ),
  cloud(
    "a repository without versions",
    "backup-system",
    change("bucket:Bucket backups-repository", (i) => {
      i.versioning.enabled = false;
    }),
  ),
  cloud("databases that nobody saves", "backup-system", drop("cloudscheduler/job:Job backups-databases")),
  cloud(
    "a volume that the machine does not save",
    "backup-system",
    machine(({ backup }) => {
      backup.environment.BACKUP_VOLUMES = "nothing=/volumes/nothing";
    }),
  ),
  cloud(
    "a machine without a backup",
    "backup-system",
    machine((description) => {
      delete description.backup;
    }),
  ),
  cloud(
    "a machine that is not described",
    "secrets-management",
    change("compute/instance:Instance", ({ metadata }) => {
      metadata["singles-description"] = "not JSON";
    }),
  ),
  cloud(
    "6000 requests a minute",
    "rate-limiting",
    change("SecurityPolicy", (i) => {
      i.rules[0].rateLimitOptions.rateLimitThreshold.count = 6000;
    }),
  ),
  cloud("a balancer without the limits", "rate-limiting", (declared) =>
    declared.map((one) => (one.type.endsWith("backendService:BackendService") ? { ...one, references: {} } : one)),
  ),
  cloud(
    "any number of instances",
    "rate-limiting",
    change(`${SERVICE} akosha`, (i) => {
      delete i.template.scaling.maxInstanceCount;
    }),
  ),
  cloud(
    "a runbook that is not there",
    "incident-response",
    replace("AlertPolicy alerting-ServiceDown", "#servicedown", "#nothing"),
  ),
  cloud(
    "no maintenance window",
    "maintenance",
    change("DatabaseInstance", (i) => {
      delete i.settings.maintenanceWindow;
    }),
  ),
  cloud(
    "a machine that is never updated",
    "maintenance",
    change("compute/instance:Instance", (i) => {
      delete i.metadata["cos-update-strategy"];
    }),
  ),
  cloud(
    "a container of the machine as root",
    "no-root",
    machine(({ containers: [one] }) => {
      one.user = "0:0";
    }),
  ),
  cloud(
    "a container of the machine that may gain privileges",
    "no-privileges",
    machine(({ containers: [one] }) => {
      one.noNewPrivileges = false;
    }),
  ),
  cloud(
    "a container of the machine without a memory limit",
    "resource-limits",
    machine(({ backup }) => {
      delete backup.memoryMi;
    }),
  ),
  cloud(
    "a database that can be deleted",
    "deletion-protection",
    change("DatabaseInstance", (i) => {
      i.deletionProtection = false;
    }),
  ),
  cloud("a disk that can be deleted", "deletion-protection", unprotect("disk:Disk")),
  cloud(
    "a bucket that can be public",
    "no-public-bucket",
    change("bucket:Bucket backups-repository", (i) => {
      i.publicAccessPrevention = "inherited";
    }),
  ),
  cloud(
    "a public database",
    "private-database",
    change("DatabaseInstance", (i) => {
      i.settings.ipConfiguration.ipv4Enabled = true;
    }),
  ),
  cloud(
    "an owner of the project",
    "no-wildcard-iam",
    change("iAMMember:IAMMember singles-logging", (i) => {
      i.role = "roles/owner";
    }),
  ),
  cloud(
    "the single writer on Cloud Run",
    "one-writer",
    change(`${SERVICE} akosha`, (i) => {
      i.template.labels.service = "session-buddy";
    }),
  ),
];
