import type { Target } from "../../ecosystem/targets.ts";
import type { Told } from "../../policies/readers/told.ts";

/** One property of prod's graph, broken; `caught` names the check or rule that must see it. */
export type Mutation = { target: Target; what: string; caught: string; breaks: (told: Told[]) => Told[] };

// inputs are plain JSON of any shape: a mutation reaches into them
// biome-ignore lint/suspicious/noExplicitAny: see above
type Inputs = any;

const matches = ({ type, name }: Told, what: string): boolean => {
  const [wantedType = "", wantedName] = what.split(" ");
  return type.endsWith(wantedType) && (wantedName === undefined || new RegExp(wantedName).test(name));
};

/** Changes the inputs of some resources; none to change is a mistake of the test. */
const change = (what: string, edit: (inputs: Inputs) => unknown) => (told: Told[]) => {
  const found = told.filter((one) => matches(one, what));
  if (found.length === 0) throw new Error(`no resource matches ${what}`);
  for (const { inputs } of found) edit(inputs);
  return told;
};

const drop = (what: string) => (told: Told[]) => {
  const kept = told.filter((one) => !matches(one, what));
  if (kept.length === told.length) throw new Error(`no resource matches ${what}`);
  return kept;
};

const add =
  (one: Omit<Told, "urn" | "protect" | "parent" | "dependencies" | "references" | "secretPaths">) => (told: Told[]) => [
    ...told,
    {
      ...one,
      ...{ protect: false, parent: "", dependencies: [], references: {}, secretPaths: new Set<string>() },
      urn: `urn:pulumi:prod::mahavishnu::${one.type}::${one.name}`,
    },
  ];

const unprotect = (what: string) => (told: Told[]) => {
  const found = told.filter((one) => matches(one, what));
  if (found.length === 0) throw new Error(`no resource matches ${what}`);
  return told.map((one) => (found.includes(one) ? { ...one, protect: false } : one));
};

/** Replaces text in every string of some resources; text that is not there is a mistake of the test. */
const replace = (what: string, from: string | RegExp, to: string) => (told: Told[]) => {
  let replaced = false;
  const walk = (value: Inputs): Inputs => {
    if (typeof value === "string") {
      const next = value.replaceAll(typeof from === "string" ? from : new RegExp(from, "g"), to);
      replaced ||= next !== value;
      return next;
    }
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  const changed = told.map((one) => (matches(one, what) ? { ...one, inputs: walk(one.inputs) } : one));
  if (!replaced) throw new Error(`${what} holds no ${from}`);
  return changed;
};

const first = (inputs: Inputs) => inputs.template.containers[0];
const pod = (inputs: Inputs) => inputs.spec.template.spec;

const cloud = (what: string, caught: string, breaks: Mutation["breaks"]): Mutation => ({
  target: "cloud-run",
  what,
  caught,
  breaks,
});
const host = (what: string, caught: string, breaks: Mutation["breaks"]): Mutation => ({
  target: "compose",
  what,
  caught,
  breaks,
});
const cluster = (what: string, caught: string, breaks: Mutation["breaks"]): Mutation => ({
  target: "kubernetes",
  what,
  caught,
  breaks,
});

const SERVICE = "cloudrunv2/service:Service";
const INVOKER = "cloudrunv2/serviceIamMember:ServiceIamMember";

export const mutations: readonly Mutation[] = [
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
  cloud("a secret that is not marked", "secrets-management", (told) =>
    told.map((one) => (one.type.endsWith("SecretVersion") ? { ...one, secretPaths: new Set<string>() } : one)),
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
  cloud("a policy that notifies nobody", "alerting", (told) =>
    told.map((one) => (one.name.endsWith("ServiceDown") ? { ...one, references: {} } : one)),
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
    replace("compute/instance:Instance", "BACKUP_VOLUMES=session-buddy", "BACKUP_VOLUMES=nothing"),
  ),
  cloud(
    "6000 requests a minute",
    "rate-limiting",
    change("SecurityPolicy", (i) => {
      i.rules[0].rateLimitOptions.rateLimitThreshold.count = 6000;
    }),
  ),
  cloud("a balancer without the limits", "rate-limiting", (told) =>
    told.map((one) => (one.type.endsWith("backendService:BackendService") ? { ...one, references: {} } : one)),
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
    replace("compute/instance:Instance", "--user=10001:10001", "--user=0:0"),
  ),
  cloud(
    "a container of the machine that may gain privileges",
    "no-privileges",
    replace("compute/instance:Instance", "--security-opt=no-new-privileges", ""),
  ),
  cloud(
    "a container of the machine without a memory limit",
    "resource-limits",
    replace("compute/instance:Instance", /--memory=\S+/, ""),
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

  host(
    "a plaintext secret",
    "secrets-management",
    change("container:Container ^akosha$", (i) => {
      i.envs.push("DATABASE_URL=postgresql://akosha:planted@postgres/akosha");
    }),
  ),
  host(
    "a service that is not told its secret",
    "secrets-management",
    replace("container:Container session-buddy", /^SESSION_ENCRYPTION_KEY$/, "SOMETHING_ELSE"),
  ),
  host(
    "an edge that asks nobody who calls",
    "authentication",
    replace("container:Container edge-files", "http.jwt_authn", "http.nothing"),
  ),
  host(
    "an edge that lets calls without a token pass",
    "authentication",
    replace(
      "container:Container edge-files",
      '"requires":{"provider_name":"edge:issuer"}',
      '"requires":{"allow_missing":{}}',
    ),
  ),
  host(
    "an edge to which everybody is a peer",
    "authentication",
    replace("container:Container edge-files", /"prefix_len":32/, '"prefix_len":0'),
  ),
  host(
    "a port on every address without TLS",
    "data-encryption",
    replace("container:Container edge-files", "TLSv1_2", "TLSv1_0"),
  ),
  host("a scrape of another port", "metrics", replace("container:Container prometheus", /(?<=:)8682(?=\n)/, ":9999")),
  host(
    "a log without an end",
    "logging",
    change("container:Container mahavishnu-[0-9a-f]+$", (i) => {
      delete i.logOpts;
    }),
  ),
  host(
    "requests that are not logged with their trace",
    "logging",
    replace("container:Container edge-files", "traceparent", "trace"),
  ),
  host(
    "a dropped alert route",
    "alerting",
    replace("container:Container alertmanager", 'priority="P3"', 'priority="P9"'),
  ),
  host(
    "an address in the clear",
    "alerting",
    replace(
      "container:Container alertmanager",
      "url_file: /run/secrets/ticket-webhook-url",
      "url: https://example.com/hook",
    ),
  ),
  host("no dead man", "alerting", replace("container:Container prometheus", "alert: DeadMan", "alert: Nobody")),
  host(
    "no ejection of failing instances",
    "circuit-breakers",
    replace("container:Container edge-files", "outlier_detection", "no_detection"),
  ),
  host(
    "streams that never end",
    "circuit-breakers",
    replace("container:Container edge-files", '"idle_timeout":"300s"', '"idle_timeout":"0s"'),
  ),
  host(
    "5 monthly backups",
    "backup-system",
    replace("container:Container backup-check", "BACKUP_KEEP_MONTHLY=6", "BACKUP_KEEP_MONTHLY=5"),
  ),
  host(
    "the repository as its own vault",
    "backup-system",
    replace("container:Container backup-vault", /mahavishnu-prod-vault/, "mahavishnu-prod-backups"),
  ),
  host(
    "no rate limit",
    "rate-limiting",
    replace("container:Container edge-files", "v3.LocalRateLimit", "v3.NoRateLimit"),
  ),
  host(
    "a rate limit that is not enforced",
    "rate-limiting",
    replace("container:Container edge-files", '"numerator":100', '"numerator":0'),
  ),
  host(
    "a runbook that is not there",
    "incident-response",
    replace("container:Container prometheus", "alerts.md#servicedown", "alerts.md#nothing"),
  ),
  host(
    "a container that does not come back",
    "maintenance",
    change("container:Container ^akosha$", (i) => {
      i.restart = "on-failure";
    }),
  ),
  host(
    "an image by its tag",
    "image-by-digest",
    change("RemoteImage akosha-image", (i) => {
      i.name = "registry.test/akosha:1";
    }),
  ),
  host(
    "root",
    "no-root",
    change("container:Container ^akosha$", (i) => {
      i.user = "root";
    }),
  ),
  host(
    "a privileged container",
    "no-privileges",
    change("container:Container ^akosha$", (i) => {
      i.privileged = true;
    }),
  ),
  host(
    "any memory",
    "resource-limits",
    change("container:Container ^akosha$", (i) => {
      delete i.memory;
    }),
  ),
  host(
    "a service that nobody probes",
    "health-probes",
    change("container:Container ^akosha$", (i) => {
      delete i.healthcheck;
    }),
  ),
  host("a volume that can be deleted", "deletion-protection", unprotect("Volume session-buddy-data")),
  host(
    "a published database",
    "private-database",
    change("container:Container ^postgres$", (i) => {
      i.ports = [{ internal: 5432, external: 5432, ip: "127.0.0.1" }];
    }),
  ),
  host(
    "a second writer",
    "one-writer",
    change("container:Container backup-save$", (i) => {
      for (const volume of i.volumes) volume.readOnly = false;
    }),
  ),

  cluster(
    "a plaintext secret",
    "secrets-management",
    change("Deployment akosha", (i) => {
      pod(i).containers[0].env.push({ name: "SLACK_TOKEN", value: "planted-value" });
    }),
  ),
  cluster(
    "a private key in a ConfigMap",
    "secrets-management",
    add({
      type: "kubernetes:core/v1:ConfigMap",
      name: "planted",
      inputs: { data: { key: "-----BEGIN RSA PRIVATE KEY-----" } },
    }),
  ),
  cluster(
    "an edge that asks nobody who calls",
    "authentication",
    replace("ConfigMap edge-resting", "http.jwt_authn", "http.nothing"),
  ),
  cluster(
    "an edge that takes whom the gateway speaks for as a peer",
    "authentication",
    replace("ConfigMap edge-resting", "[^,]+", ".+"),
  ),
  cluster(
    "a gateway without TLS",
    "data-encryption",
    change("v1:Gateway", (i) => {
      i.spec.listeners[0].protocol = "HTTP";
    }),
  ),
  cluster(
    "a monitor of another path",
    "metrics",
    change("PodMonitor akosha", (i) => {
      i.spec.podMetricsEndpoints[0].path = "/stats";
    }),
  ),
  cluster(
    "a dropped alert route",
    "alerting",
    change("AlertmanagerConfig", (i) => {
      i.spec.route.routes = i.spec.route.routes.filter((route: Inputs) => route.receiver !== "P1");
    }),
  ),
  cluster(
    "P1 without a pager",
    "alerting",
    change("AlertmanagerConfig", (i) => {
      for (const receiver of i.spec.receivers) if (receiver.name === "P1") delete receiver.pagerdutyConfigs;
    }),
  ),
  cluster("no disruption budget", "circuit-breakers", drop("PodDisruptionBudget akosha")),
  cluster(
    "a suspended backup",
    "backup-system",
    change("CronJob backups-session-buddy", (i) => {
      i.spec.suspend = true;
    }),
  ),
  cluster(
    "whole limits at each edge",
    "rate-limiting",
    change("Deployment ^edge$", (i) => {
      i.spec.replicas = 4;
    }),
  ),
  cluster(
    "rules without runbooks",
    "incident-response",
    change("PrometheusRule", (i) => {
      for (const rule of i.spec.groups[0].rules) delete rule.annotations.runbook_url;
    }),
  ),
  cluster(
    "no upgrade policy",
    "maintenance",
    change("Deployment akosha", (i) => {
      delete i.spec.strategy;
    }),
  ),
  cluster(
    "a claim of many pods",
    "one-writer",
    change("PersistentVolumeClaim session-buddy-data", (i) => {
      i.spec.accessModes = ["ReadWriteMany"];
    }),
  ),
  cluster(
    "every verb",
    "no-wildcard-iam",
    change("Role edge-watcher", (i) => {
      i.rules[0].verbs = ["*"];
    }),
  ),
  cluster("a claim that can be deleted", "deletion-protection", unprotect("PersistentVolumeClaim session-buddy-data")),
];
