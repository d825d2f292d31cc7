import { z } from "zod";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { field, image, whole } from "./fields.ts";
import { cloudRun } from "./targets/cloud-run.ts";
import { compose } from "./targets/compose.ts";
import { kubernetes } from "./targets/kubernetes.ts";

const receiver = field(
  z.enum(["pagerduty-routing-key", "slack-webhook-url", "ticket-webhook-url"]),
  "pagerduty-routing-key, slack-webhook-url or ticket-webhook-url: the receiver's secret",
  "- pagerduty-routing-key",
);
const receivers = (example: string) =>
  field(z.array(receiver).min(1), "at least one receiver, named by its secret", example);

/** A release's name, which is also its file's name. */
export const RELEASE_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const release = (key: string) =>
  field(z.string().regex(RELEASE_NAME), "the name of a release in releases/<stack>/", `${key}: r12`);

/** The servers do not authenticate callers, so an edge that is reachable from other machines must. */
const authenticatesCallers = ({
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
      "the token issuer; must equal the token's `iss` claim exactly",
      "issuer: https://login.acme.dev/",
    ),
    audience: field(
      z.string().regex(/^\S+$/),
      "the required audience; must be one of the token's `aud` values",
      "audience: https://mcp.acme.dev",
    ),
    jwks: field(
      z.url({ protocol: /^https$/, hostname: z.regexes.domain }),
      "the URL of the issuer's key set (JWKS), on the internet, over https",
      "jwks: https://login.acme.dev/.well-known/jwks.json",
    ),
  })
  .meta({
    allowed:
      "the issuer of the tokens (JWT) that callers must send; required when compose.publish is not 127.0.0.1, and on kubernetes, because the servers do not authenticate callers",
    example:
      "auth: { issuer: https://login.acme.dev/, audience: https://mcp.acme.dev, jwks: https://login.acme.dev/.well-known/jwks.json }",
  });

/** A stack's settings, the `mahavishnu:` keys of its file. */
export const settingsSchema = z
  .strictObject({
    target: field(z.enum(targets), targets.join(", "), "target: cloud-run"),
    stable: release("stable").optional(),
    candidate: release("candidate").optional(),
    edge: z
      .strictObject({
        image: image("the image built from images/edge", "image: registry.acme.dev/edge@sha256:..."),
        rateLimit: z
          .strictObject({
            perMinute: whole(1, 6000, "requests a minute per client", "perMinute: 60"),
            burst: whole(1, 1000, "requests at once per client", "burst: 10"),
            perHour: whole(1, 100_000, "requests an hour per client", "perHour: 1000"),
          })
          .refine(({ burst, perHour }) => perHour >= burst, {
            error: "must be at least burst",
            path: ["perHour"],
          })
          .meta({
            allowed: "the limits of one client at one service",
            example: "rateLimit: { perMinute: 60, burst: 10, perHour: 1000 }",
          }),
        auth: auth.optional(),
      })
      .meta({
        allowed: "the edge's image and the rate limits per client",
        example:
          "edge: { image: registry.acme.dev/edge@sha256:..., rateLimit: { perMinute: 60, burst: 10, perHour: 1000 } }",
      }),
    promoter: z
      .strictObject({
        image: image("the image of images/promoter", "image: registry.acme.dev/promoter@sha256:..."),
      })
      .meta({
        allowed: "the promoter, which moves traffic",
        example: "promoter: { image: registry.acme.dev/promoter@sha256:... }",
      }),
    alerts: z
      .strictObject({
        P1: receivers("P1: [pagerduty-routing-key]"),
        P2: receivers("P2: [pagerduty-routing-key, ticket-webhook-url]"),
        P3: receivers("P3: [ticket-webhook-url]"),
        P4: receivers("P4: [ticket-webhook-url]"),
      })
      .meta({
        allowed: "the receivers of each priority",
        example:
          "alerts: { P1: [pagerduty-routing-key], P2: [pagerduty-routing-key], P3: [ticket-webhook-url], P4: [ticket-webhook-url] }",
      }),
    backups: z
      .strictObject({
        image: image("the image built from images/backup", "image: registry.acme.dev/backup@sha256:..."),
        daily: whole(1, 3650, "daily backups to keep", "daily: 30"),
        weekly: whole(1, 520, "weekly backups to keep", "weekly: 12"),
        monthly: whole(1, 120, "monthly backups to keep", "monthly: 6"),
        lockVault: field(
          z.boolean(),
          "true locks the vault's retention permanently; a locked vault cannot be deleted before its retention ends",
          "lockVault: true",
        ),
      })
      .meta({
        allowed: "the backups' image and retention",
        example:
          "backups: { image: registry.acme.dev/backup@sha256:..., daily: 30, weekly: 12, monthly: 6, lockVault: true }",
      }),
    secretDates: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]*$/),
        field(z.iso.date(), "the date this secret was set", 'auth-secret: "2026-11-30"'),
      )
      .meta({
        allowed: "the date each secret was set, by its name",
        example: 'secretDates: { auth-secret: "2026-11-30" }',
      })
      .optional(),
    collector: field(
      z.url({ protocol: /^https?$/ }),
      "the OTLP address of a running collector; without it tracing is off",
      "collector: http://otel:4317",
    ).optional(),
    exemptions: z
      .array(
        z.strictObject({
          rule: field(z.string().regex(/^[a-z0-9-]+$/), "the name of a check or rule", "rule: metrics"),
          reason: field(
            z.string().min(10),
            "the reason, in a sentence",
            'reason: "the exporter is replaced next week"',
          ),
          owner: field(z.string().min(2), "the person or team responsible", "owner: platform team"),
          expires: field(z.iso.date(), "a date", 'expires: "2027-01-31"'),
        }),
      )
      .default([])
      .meta({
        allowed: "checks and rules that the stack is exempt from until a date",
        example:
          'exemptions: [{ rule: metrics, reason: "the exporter is replaced next week", owner: platform team, expires: "2027-01-31" }]',
      }),
    cloudRun: cloudRun.optional(),
    compose: compose.optional(),
    kubernetes: kubernetes.optional(),
  })
  .refine(authenticatesCallers, {
    error: "edge.auth is required when the edge is reachable from outside",
    path: ["edge", "auth"],
  });

export type Settings = z.infer<typeof settingsSchema>;
export type CloudRunSettings = z.infer<typeof cloudRun>;
export type ComposeSettings = z.infer<typeof compose>;
export type KubernetesSettings = z.infer<typeof kubernetes>;

/** The settings block of each target. */
type Blocks = {
  "cloud-run": { cloudRun: CloudRunSettings };
  compose: { compose: ComposeSettings };
  kubernetes: { kubernetes: KubernetesSettings };
};

/** The settings of a stack on one target, `target`, with that target's block. */
export type SettingsOn<T extends Target = Target> = { [On in T]: Settings & { target: On } & Blocks[On] }[T];
