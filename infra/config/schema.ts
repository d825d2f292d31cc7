import { z } from "zod";
import { secretNames } from "../../ecosystem/secrets.ts";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { field, image, whole } from "./fields.ts";
import { cloudRun } from "./targets/cloud-run.ts";
import { compose } from "./targets/compose.ts";
import { kubernetes } from "./targets/kubernetes.ts";

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

/** The settings of a stack, as they stand under `mahavishnu:` in its file. */
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
export type ComposeSettings = z.infer<typeof compose>;
export type KubernetesSettings = z.infer<typeof kubernetes>;

/** What the settings of a stack hold for each target. */
type Blocks = {
  "cloud-run": { cloudRun: CloudRunSettings };
  compose: { compose: ComposeSettings };
  kubernetes: { kubernetes: KubernetesSettings };
};

/** The settings of a stack as it is deployed on one target, whose block they have: `target` says which one. */
export type SettingsOn<T extends Target = Target> = { [On in T]: Settings & { target: On } & Blocks[On] }[T];
