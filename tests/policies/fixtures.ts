import { type ServiceName, serviceNamed, serviceNames } from "../../ecosystem/services.ts";
import { judge, type Rule } from "../../policies/check.ts";
import type { Evidence } from "../../policies/evidence/evidence.ts";
import type { Filed } from "../../policies/evidence/files.ts";
import type { EvidenceKind } from "../../policies/evidence/kinds.ts";
import type { StackFacts } from "../../policies/facts.ts";
import { levelOf } from "../../policies/levels.ts";
import type { Resource } from "../../policies/resource.ts";
import { guarded } from "../../policies/unknown.ts";
import { viewOf } from "../../policies/view/view.ts";

/** What only the platform will know, as the engine says it. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Extra = { protect?: boolean; from?: Record<string, readonly Resource[]>; secrets?: string[] };

/** A resource as it reaches the checks; one whose secrets nobody marked is as the engine hands it over. */
export function resource(
  type: string,
  name: string,
  props: object,
  { protect = false, from = {}, secrets }: Extra = {},
): Resource {
  const urn = `urn:pulumi:prod::mahavishnu::${type}::${name}`;
  return {
    ...{ type, name, urn, protect, props: guarded(props, { type, name, urn }) },
    references: Object.fromEntries(
      Object.entries(from).map(([property, resources]) => [property, resources.map((other) => other.urn)]),
    ),
    secretPaths: secrets && new Set(secrets),
  };
}

export const now = new Date("2027-01-20T12:00:00Z");

/** What is known of a stack, here nothing but what a test says. */
export const factsOf = (stack = "prod", known: Partial<StackFacts> = {}): StackFacts => ({
  stack,
  level: levelOf(stack),
  exemptions: [],
  evidence: [],
  series: { compose: ["up"], kubernetes: ["up"], "cloud-run": ["up"] },
  runbooks: new Set(["docs/runbooks/alerts.md#servicedown"]),
  now,
  ...known,
});

/** What a rule says about some resources. */
export const asked = (rule: Rule, resources: readonly Resource[], facts = factsOf()) =>
  judge(rule, viewOf(resources), facts);

/** All reasons of an outcome that are no pass. */
export const reasons = ({ findings }: ReturnType<typeof asked>): string =>
  findings
    .filter(({ verdict }) => verdict === "fail" || verdict === "warn")
    .map(({ resource, reason }) => `${resource}: ${reason}`)
    .join("\n");

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
/** The digest that a service's image has in these tests. */
export const digests: Readonly<Record<ServiceName, string>> = {
  "session-buddy": digest("5"),
  akosha: digest("a"),
  mahavishnu: digest("d"),
};

/** Results that prove each kind. */
export const proving: Readonly<Record<EvidenceKind, unknown>> = {
  "security-audit": {
    ...{ scanner: "osv-scanner version: 2.5.0", packages: 1194, critical: 0, high: 0, medium: 0, low: 0, unrated: 0 },
    ...{ locks: { "package-lock.json": digest("0") }, findings: [] },
  },
  "unit-tests": { commit: "c".repeat(40), passed: 900, failed: 0, coverage: 84.5 },
  smoke: {
    ...{ passed: 8, failed: 0, skipped: 0 },
    tests: [1, 2, 3, 4, 5, 6, 7, 8].map((id) => ({ id, verdict: "pass" })),
  },
  secrets: {
    stack: "prod",
    secrets: [...new Set(serviceNames.flatMap((name) => Object.values(serviceNamed(name).secrets)))].map((name) => ({
      name,
      verdict: "ok",
    })),
  },
  backup: { snapshot: "4bba301e", bytes: 12_000_000, checked: true },
  "restore-drill": { snapshot: "4bba301e", matches: true, seconds: 660, ageHours: 9.5 },
  pager: { receiver: "pagerduty-routing-key", acknowledged: true, seconds: 42 },
};

/** A filed piece of evidence, proving and an hour old unless something is said against it. */
export function filed(kind: EvidenceKind, changes: Partial<Evidence> & { folder?: string; since?: Date } = {}): Filed {
  const { folder, since, ...content } = changes;
  const stack = content.stack ?? (kind === "smoke" ? "staging" : "prod");
  const evidence: Evidence = {
    kind,
    stack,
    release: "r1",
    digests,
    date: new Date(now.getTime() - 3_600_000).toISOString(),
    by: "tests",
    result: proving[kind],
    ...content,
  };
  return {
    ...{ file: `releases/${folder ?? stack}/r1.evidence/${kind}.json`, stack: folder ?? stack, release: "r1", kind },
    since: since ?? new Date("2027-01-01T00:00:00Z"),
    evidence,
  };
}

/** A container of a service on a Docker host, configured as required. */
export function dockerService(service: ServiceName, changes: object = {}, extra: Extra = {}): Resource {
  const own = serviceNamed(service);
  const command = [
    ...Object.entries(own.secrets).flatMap(([name, secret]) => ["export", name, secret]),
    "exec",
    ...own.command,
  ];
  return dockerContainer(
    `${service}-1`,
    {
      command,
      entrypoints: ["/bin/sh", "-c", "script", "start"],
      labels: [
        { label: "service", value: service },
        { label: "config-hash", value: UNKNOWN },
      ],
      image: `registry.test/${service}@${digests[service]}`,
      volumes: [{ containerPath: own.state.path, volumeName: `${service}-data` }],
      ...changes,
    },
    extra,
  );
}

export const dockerContainer = (name: string, changes: object = {}, extra: Extra = {}): Resource =>
  resource(
    "docker:index/container:Container",
    name,
    {
      name,
      image: `registry.test/other@${digest("0")}`,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      cpus: "1.0",
      memory: 512,
      healthcheck: { tests: ["CMD", "true"] },
      wait: true,
      logDriver: "json-file",
      logOpts: { "max-file": "30", "max-size": "10m" },
      restart: "unless-stopped",
      stopTimeout: 10,
      user: "10001:10001",
      ...changes,
    },
    extra,
  );

/** A revision of a service in a cluster, configured as required. `pod` and `container` change its parts. */
export function deployment(
  service: ServiceName,
  { spec = {}, pod = {}, container = {} }: { spec?: object; pod?: object; container?: object } = {},
): Resource {
  const own = serviceNamed(service);
  return resource("kubernetes:apps/v1:Deployment", `${service}-1`, {
    metadata: { name: `${service}-1`, labels: { service } },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      template: {
        metadata: { labels: { service, revision: `${service}-1` } },
        spec: {
          securityContext: { runAsNonRoot: true },
          volumes: [{ name: "state", persistentVolumeClaim: { claimName: `${service}-data` } }],
          containers: [
            {
              name: service,
              image: `registry.test/${service}@${digests[service]}`,
              ports: [{ name: "http", containerPort: own.port }],
              env: Object.entries(own.secrets).map(([name, key]) => ({
                name,
                valueFrom: { secretKeyRef: { name: `${service}-secrets`, key } },
              })),
              resources: { limits: { cpu: "1", memory: "1Gi" } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              startupProbe: {},
              readinessProbe: {},
              livenessProbe: {},
              volumeMounts: [{ name: "state", mountPath: own.state.path }],
              ...container,
            },
          ],
          ...pod,
        },
      },
      ...spec,
    },
  });
}

/** A service on Cloud Run, configured as required. */
export function cloudService(
  service: ServiceName,
  { props = {}, template = {}, container = {} }: { props?: object; template?: object; container?: object } = {},
): Resource {
  const own = serviceNamed(service);
  return resource("gcp:cloudrunv2/service:Service", service, {
    name: service,
    invokerIamDisabled: false,
    ...props,
    template: {
      labels: { service },
      revision: `${service}-1`,
      timeout: "3600s",
      maxInstanceRequestConcurrency: 16,
      scaling: { minInstanceCount: 1, maxInstanceCount: 10 },
      ...template,
      containers: [
        {
          name: service,
          image: `registry.test/${service}@${digests[service]}`,
          ports: { containerPort: own.port },
          envs: Object.entries(own.secrets).map(([name, secret]) => ({
            name,
            valueSource: { secretKeyRef: { secret, version: "latest" } },
          })),
          resources: { limits: { cpu: "4", memory: "8Gi" } },
          startupProbe: {},
          livenessProbe: {},
          ...container,
        },
      ],
    },
  });
}

/** Graphs of a spec, each with what it is about. */
export type Cases = [string, Resource[]][];
