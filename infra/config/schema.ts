import { z } from "zod";
import { secretNames } from "../../ecosystem/secrets.ts";
import { serviceNames } from "../../ecosystem/services.ts";
import { targets } from "../../ecosystem/targets.ts";

/**
 * The settings of a stack, as they stand under `mahavishnu:` in its file. Each field says in its metadata what is allowed
 * and shows an example: that is what a person reads when a value is refused.
 */
const field = <Schema extends z.ZodType>(schema: Schema, allowed: string, example: string): Schema =>
  schema.meta({ allowed, example });

const name = (what: string, example: string) =>
  field(
    z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/),
    `${what}: lower-case letters, digits and dashes`,
    example,
  );
const whole = (min: number, max: number, what: string, example: string) =>
  field(z.int().min(min).max(max), `${min} to ${max} ${what}`, example);

const perService = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject(
    Object.fromEntries(serviceNames.map((service) => [service, schema.optional()])) as Record<
      (typeof serviceNames)[number],
      z.ZodOptional<Schema>
    >,
  );

const size = z.strictObject({
  cpu: field(z.number().min(0.1).max(64), "0.1 to 64 processors", "cpu: 2").optional(),
  memoryMi: whole(256, 262144, "MiB of memory", "memoryMi: 2048").optional(),
  instances: z
    .strictObject({
      min: whole(0, 100, "instances", "min: 1"),
      max: whole(1, 100, "instances", "max: 10"),
    })
    .refine(({ min, max }) => min <= max, { error: "min is more than max" })
    .optional(),
});

/** What shapes a revision differently from `ecosystem/` on one target; takes effect through a new release. */
const shaping = {
  sizes: perService(size).optional(),
  sessions: perService(
    field(z.enum(["stateless", "sticky", "single"]), "stateless, sticky or single", "akosha: single"),
  ).optional(),
};

const cidr = (example: string) => field(z.cidrv4(), "an IPv4 network in CIDR form", example);

const image = (what: string, example: string) =>
  field(z.string().regex(/^[\w./:-]+(@sha256:[0-9a-f]{64})?$/), `${what}, by digest outside local`, example);

const cloudRun = z
  .strictObject({
    ...shaping,
    project: field(
      z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/),
      "the id of a Google Cloud project",
      "project: acme-mcp-prod",
    ),
    projectNumber: field(
      z.string().regex(/^\d{6,15}$/),
      "the number of that project, in quotes",
      'projectNumber: "123456789012"',
    ),
    region: field(z.string().regex(/^[a-z]+-[a-z]+\d$/), "a Google Cloud region", "region: europe-west1"),
    zone: field(
      z.string().regex(/^[a-z]+-[a-z]+\d-[a-f]$/),
      "a zone of that region, for the machine of the single services",
      "zone: europe-west1-b",
    ),
    access: field(
      z.enum(["iam", "iap"]),
      "iam (identity tokens of the invokers) or iap (people sign in; needs a domain)",
      "access: iam",
    ),
    invokers: z
      .array(
        field(
          z.string().regex(/^((user|group|serviceAccount):[^\s@]+@|domain:)[^\s@]+$/),
          "who may call: user:, group:, serviceAccount: or domain: with its address, never allUsers or allAuthenticatedUsers",
          "- group:agents@acme.dev",
        ),
      )
      .min(1)
      .refine((all) => new Set(all.map((member) => member.toLowerCase())).size === all.length, {
        error: "somebody is there twice",
      })
      .meta({ allowed: "at least one invoker, each once", example: "invokers: [group:agents@acme.dev]" }),
    domain: field(
      z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/),
      "a domain that you own; each service answers below it; access: iap needs one",
      "domain: mcp.acme.dev",
    ).optional(),
    machineType: field(
      z.string().regex(/^[a-z0-9]+-[a-z0-9-]+$/),
      "a machine type for the single services",
      "machineType: e2-standard-2",
    ),
    databaseTier: field(z.string().regex(/^db-[a-z0-9-]+$/), "a Cloud SQL tier", "databaseTier: db-custom-2-7680"),
    multiRegionVault: field(
      z.string().regex(/^[A-Z0-9-]{2,}$/),
      "where the off-site vault lies: a location other than the region",
      "multiRegionVault: EU",
    ),
  })
  .refine(({ access, domain }) => access === "iam" || domain !== undefined, {
    error: "access: iap needs a domain",
    path: ["domain"],
  })
  .refine(({ region, zone }) => zone.startsWith(`${region}-`), {
    error: "the zone lies in another region",
    path: ["zone"],
  })
  .refine(({ region, multiRegionVault }) => multiRegionVault.toLowerCase() !== region, {
    error: "the vault lies in the region itself: one outage takes both",
    path: ["multiRegionVault"],
  });

/** Where backups lie and where their copies do: two places, and what is outside of one kind, since each identity has one key. */
type Places = { backups: string; vault: string };
const elsewhere = ({ backups, vault }: Places) => backups !== vault;
const ofOneKind = ({ backups, vault }: Places) => {
  const kinds = [backups, vault].filter((place) => !place.startsWith("/")).map((place) => place.slice(0, 3));
  return new Set(kinds).size <= 1;
};
const vaultIsElsewhere = { error: "the vault is the repository itself: one accident takes both", path: ["vault"] };
const vaultIsOfOneKind = { error: "not of the repository's kind; each identity has one key", path: ["vault"] };

const compose = z
  .strictObject({
    ...shaping,
    host: field(
      z.string().regex(/^(unix:\/\/\/\S+|ssh:\/\/[^\s@]+@\S+)$/),
      "a Docker socket or an ssh address",
      "host: unix:///var/run/docker.sock",
    ),
    registry: field(
      z.string().regex(/^[a-z0-9.-]+(:\d+)?$/),
      "the registry of the images, where it asks for a login: whoever deploys has one in ~/.docker/config.json",
      "registry: registry.acme.dev",
    ).optional(),
    publish: field(z.ipv4(), "the address on which the edge is published", "publish: 127.0.0.1").default("127.0.0.1"),
    tls: field(z.boolean(), "true where clients connect by TLS; must be on beyond 127.0.0.1", "tls: true").default(
      false,
    ),
    certificates: field(
      z.string().regex(/^\/\S+$/),
      "the folder of the host with tls.crt and tls.key, which user 10001 can read; renewed in place",
      "certificates: /etc/mahavishnu/certificates",
    ).optional(),
    subnet: field(
      z.cidrv4().refine((subnet) => Number(subnet.split("/")[1]) <= 24),
      "an IPv4 network of 256 addresses or more: the more, the rarer two revisions want the same one",
      "subnet: 172.29.0.0/16",
    ),
    backups: field(
      z.string().regex(/^(s3:|gs:|\/)\S+$/),
      "a restic repository: a folder of the host that belongs to user 10001, gs:bucket:/path or s3:host/bucket",
      "backups: /var/backups/mahavishnu",
    ),
    vault: field(
      z.string().regex(/^(s3:|gs:|\/)\S+$/),
      "a second repository elsewhere, where copies are kept from harm",
      "vault: gs:acme-vault:/prod",
    ),
  })
  .refine(({ publish, tls }) => tls || publish === "127.0.0.1", {
    error: "an edge beyond 127.0.0.1 needs tls: true",
    path: ["tls"],
  })
  .refine(({ tls, certificates }) => !tls || certificates !== undefined, {
    error: "tls: true needs a certificate",
    path: ["certificates"],
  })
  .refine(elsewhere, vaultIsElsewhere)
  .refine(ofOneKind, vaultIsOfOneKind);

/** What the pods of the backups can reach: Google, or an S3 by https on the internet (see `backupPolicy`). */
const onTheInternet =
  /^(gs:\S+|s3:(https:\/\/)?(?![^/]*\.(internal|local|svc)[:/])([a-z0-9-]+\.)+[a-z]{2,}(:443)?\/\S+)$/;

const kubernetes = z
  .strictObject({
    ...shaping,
    context: field(z.string().min(1), "a context of your kubeconfig", "context: prod-eu"),
    gatewayClass: name("the class of the Gateway", "gatewayClass: envoy-gateway"),
    gatewayNamespace: name(
      "where the Gateway's own pods run: they alone may call the edge from outside its namespace",
      "gatewayNamespace: envoy-gateway-system",
    ),
    domain: field(
      z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/),
      "the domain below which the Gateway answers, one name for each service",
      "domain: mcp.acme.dev",
    ),
    certificateSecret: name(
      "the TLS secret of the Gateway, for the names below the domain",
      "certificateSecret: mcp-tls",
    ),
    network: z
      .strictObject({
        pods: field(
          z.cidrv4(),
          "the IPv4 network of the cluster's pods: what comes from it is no client",
          "pods: 10.4.0.0/14",
        ),
        apiServer: field(
          z.cidrv4(),
          "the IPv4 network of the cluster's API server: nobody but the edge may call it",
          "apiServer: 172.16.0.0/28",
        ),
      })
      .meta({
        allowed: "the networks of the cluster",
        example: "network: { pods: 10.4.0.0/14, apiServer: 172.16.0.0/28 }",
      }),
    storageClass: name("the class of the services' volumes", "storageClass: standard-rwo"),
    database: z.strictObject({
      host: field(
        z.string().regex(/^[a-z0-9.-]+$/),
        "the host of a PostgreSQL 14 or newer with pgvector",
        "host: pg.acme.internal",
      ),
      network: cidr("network: 10.8.0.0/24"),
      authority: field(
        z.string().regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/),
        "the certificate of the authority that signed the server's, in PEM, where it is not a public one",
        "authority: | with the lines of the certificate below",
      ).optional(),
    }),
    backups: field(
      z.string().regex(onTheInternet),
      "a restic repository on the internet, by https on port 443, since the cluster's backups reach nothing else: gs:bucket:/path or s3:host/bucket",
      "backups: gs:acme-backups:/prod",
    ),
    vault: field(
      z.string().regex(onTheInternet),
      "a second repository elsewhere, where copies are kept from harm: on the internet, by https on port 443",
      "vault: gs:acme-vault:/prod",
    ),
    monitoringNamespace: name("where Prometheus and Alertmanager run", "monitoringNamespace: monitoring"),
  })
  .refine(elsewhere, vaultIsElsewhere)
  .refine(ofOneKind, vaultIsOfOneKind);

const receiver = field(
  z.enum(["pagerduty-routing-key", "slack-webhook-url", "ticket-webhook-url"]),
  "pagerduty-routing-key, slack-webhook-url or ticket-webhook-url: the secret that leads to the receiver",
  "- pagerduty-routing-key",
);
const receivers = (example: string) =>
  field(z.array(receiver).min(1), "at least one receiver, named by its secret", example);

/** What a release may be called: a file is named so. */
export const RELEASE_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const release = (key: string) =>
  field(z.string().regex(RELEASE_NAME), "the name of a release in releases/<stack>/", `${key}: r12`);

/** Beyond one host anybody may reach the edge, and the servers behind it ask nobody who they are. */
const asksWhoCalls = ({
  edge,
  compose,
  kubernetes,
}: {
  edge: { auth?: unknown };
  compose?: { publish: string } | undefined;
  kubernetes?: unknown;
}) => edge.auth !== undefined || (kubernetes === undefined && (compose?.publish ?? "127.0.0.1") === "127.0.0.1");

const auth = z
  .strictObject({
    issuer: field(
      z.url({ protocol: /^https$/ }),
      "whose tokens are good: the `iss` of each, to the letter",
      "issuer: https://login.acme.dev/",
    ),
    audience: field(
      z.string().regex(/^\S+$/),
      "what a token must be meant for: one of its `aud`",
      "audience: https://mcp.acme.dev",
    ),
    jwks: field(
      z.url({ protocol: /^https$/, hostname: z.regexes.domain }),
      "where the issuer publishes its keys, on the internet and by https",
      "jwks: https://login.acme.dev/.well-known/jwks.json",
    ),
  })
  .meta({
    allowed:
      "whose tokens (JWT) callers must show; needed where compose.publish is not 127.0.0.1 and on kubernetes, since the servers ask nobody who they are",
    example:
      "auth: { issuer: https://login.acme.dev/, audience: https://mcp.acme.dev, jwks: https://login.acme.dev/.well-known/jwks.json }",
  });

export const settingsSchema = z
  .strictObject({
    target: field(z.enum(targets), targets.join(", "), "target: cloud-run"),
    stable: release("stable").optional(),
    candidate: release("candidate").optional(),
    edge: z
      .strictObject({
        image: image("the image of images/edge", "image: registry.acme.dev/edge@sha256:..."),
        rateLimit: z
          .strictObject({
            perMinute: whole(1, 6000, "requests a minute per client", "perMinute: 60"),
            burst: whole(1, 1000, "requests at once per client", "burst: 10"),
            perHour: whole(1, 100_000, "requests an hour per client", "perHour: 1000"),
          })
          .refine(({ burst, perHour }) => perHour >= burst, {
            error: "an hour allows less than a burst",
            path: ["perHour"],
          }),
        auth: auth.optional(),
      })
      .meta({
        allowed: "the edge: its image and what a client may ask",
        example:
          "edge: { image: registry.acme.dev/edge@sha256:..., rateLimit: { perMinute: 60, burst: 10, perHour: 1000 } }",
      }),
    alerts: z
      .strictObject({
        P1: receivers("P1: [pagerduty-routing-key]"),
        P2: receivers("P2: [pagerduty-routing-key, ticket-webhook-url]"),
        P3: receivers("P3: [ticket-webhook-url]"),
        P4: receivers("P4: [ticket-webhook-url]"),
      })
      .meta({
        allowed: "who hears of each priority",
        example:
          "alerts: { P1: [pagerduty-routing-key], P2: [pagerduty-routing-key], P3: [ticket-webhook-url], P4: [ticket-webhook-url] }",
      }),
    backups: z
      .strictObject({
        image: image("the image of images/backup", "image: registry.acme.dev/backup@sha256:..."),
        daily: whole(1, 3650, "daily backups to keep", "daily: 30"),
        weekly: whole(1, 520, "weekly backups to keep", "weekly: 12"),
        monthly: whole(1, 120, "monthly backups to keep", "monthly: 6"),
        lockVault: field(
          z.boolean(),
          "true locks the vault's retention for ever; a locked vault cannot be destroyed before its time",
          "lockVault: true",
        ),
      })
      .meta({
        allowed: "what is kept of the backups, and how",
        example:
          "backups: { image: registry.acme.dev/backup@sha256:..., daily: 30, weekly: 12, monthly: 6, lockVault: true }",
      }),
    secretDates: z
      .strictObject(
        Object.fromEntries(
          secretNames.map((name) => [
            name,
            field(z.iso.date(), "the day on which this secret was set", `${name}: "2026-11-30"`).optional(),
          ]),
        ) as Record<(typeof secretNames)[number], z.ZodOptional<z.ZodISODate>>,
      )
      .optional(),
    collector: field(
      z.url({ protocol: /^https?$/ }),
      "the OTLP address of a collector that answers; without it tracing is off",
      "collector: http://otel:4317",
    ).optional(),
    exemptions: z
      .array(
        z.strictObject({
          rule: field(z.string().regex(/^[a-z0-9-]+$/), "the name of a check or rule", "rule: metrics"),
          reason: field(z.string().min(10), "why, in a sentence", 'reason: "the exporter is replaced next week"'),
          owner: field(z.string().min(2), "who answers for it", "owner: platform team"),
          expires: field(z.iso.date(), "a date", 'expires: "2027-01-31"'),
        }),
      )
      .default([]),
    cloudRun: cloudRun.optional(),
    compose: compose.optional(),
    kubernetes: kubernetes.optional(),
  })
  .refine(asksWhoCalls, { error: "nobody asks who calls", path: ["edge", "auth"] });

export type Settings = z.infer<typeof settingsSchema>;
export type CloudRunSettings = z.infer<typeof cloudRun>;
export type KubernetesSettings = z.infer<typeof kubernetes>;
