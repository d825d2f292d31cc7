import fc from "fast-check";
import { serviceNames } from "../../../ecosystem/services.ts";
import type { Target } from "../../../ecosystem/targets.ts";
import type { Settings } from "../../../infra/config/schema.ts";
import { parseSettings } from "../../../infra/config/settings.ts";
import { readStack } from "../../../infra/config/stack-file.ts";
import { STACK_NAME_LIMIT } from "../../../infra/names.ts";
import { makeRelease } from "../../../infra/release/make.ts";
import type { Release } from "../../../infra/release/release.ts";
import type { NamedReleases } from "../../../infra/stack.ts";
import { imagesOf, root } from "../../fixtures/releases.ts";

const { settings: prod } = readStack(root, "prod");

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const receivers = fc.uniqueArray(fc.constantFrom("pagerduty-routing-key", "slack-webhook-url", "ticket-webhook-url"), {
  minLength: 1,
});
const instances = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 20 }))
  .map(([min, more]) => ({ min, max: min + more }));
type Session = "stateless" | "sticky" | "single";

/** Sizes and session models of the services, within what a release allows: a single one has one instance. */
const shapingWith = (
  size: fc.Arbitrary<{ cpu: number; memoryMi: number }>,
  sessions: fc.Arbitrary<{ akosha: Session; mahavishnu: Session } | undefined>,
) =>
  fc
    .record({ sizes: fc.tuple(optional(size), optional(size), optional(size)), instances, sessions })
    .map(({ sizes: [sessionBuddy, akosha, mahavishnu], instances, sessions }) => {
      const many = (service: "akosha" | "mahavishnu") =>
        sessions?.[service] === "single" ? { instances: { min: 1, max: 1 } } : sessions && { instances };
      return {
        sizes: {
          "session-buddy": sessionBuddy,
          akosha: sessions ? { ...akosha, ...many("akosha") } : akosha,
          mahavishnu: sessions ? { ...mahavishnu, ...many("mahavishnu") } : mahavishnu && { ...mahavishnu, instances },
        },
        ...(sessions && { sessions }),
      };
    });
const model = fc.constantFrom<Session>("stateless", "sticky", "single");
const shaping = shapingWith(
  fc.record({ cpu: fc.constantFrom(0.5, 1, 2, 4), memoryMi: fc.integer({ min: 512, max: 16384 }) }),
  optional(fc.record({ akosha: model, mahavishnu: model })),
);
/** Cloud Run has whole processors, each with a range of memory, and a single service calls no stateless one. */
const cloudRunShaping = shapingWith(
  fc.constantFrom(
    { cpu: 1, memoryMi: 512 },
    { cpu: 2, memoryMi: 4096 },
    { cpu: 4, memoryMi: 8192 },
    { cpu: 8, memoryMi: 32768 },
  ),
  fc.constantFrom(
    undefined,
    { akosha: "stateless", mahavishnu: "stateless" },
    { akosha: "single", mahavishnu: "stateless" },
    { akosha: "single", mahavishnu: "single" },
  ),
);
const label = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);
const domain = fc.tuple(label, label).map(([a, b]) => `${a}.${b}.dev`);

/** Some that differ by nothing but their signs, which resources' names have not. */
const invokers = fc.uniqueArray(
  fc.constantFrom(
    "group:mcp.agents@acme.dev",
    "group:mcp-agents@acme.dev",
    "group:mcp@agents.acme.dev",
    "user:mcp_agents@acme.dev",
    "serviceAccount:bot@acme.iam.gserviceaccount.com",
    "domain:acme.dev",
  ),
  { minLength: 1 },
);
const cloudRun = fc
  .record({
    shaping: cloudRunShaping,
    invokers,
    domain: optional(domain),
    iap: fc.boolean(),
    region: fc.constantFrom("europe-west1", "us-central1"),
    multiRegionVault: fc.constantFrom("EU", "NAM4", "EUROPE-WEST4"),
  })
  .map(({ shaping, domain, iap, region, ...rest }) => ({
    ...prod.cloudRun,
    ...shaping,
    ...rest,
    domain,
    access: iap && domain ? "iap" : "iam",
    region,
    zone: `${region}-b`,
  }));

/** A repository and its vault: what lies outside is of one kind. */
const outside = fc.constantFrom(
  { backups: "gs:acme-backups:/prod", vault: "gs:acme-vault:/prod" },
  { backups: "s3:s3.eu-west-1.amazonaws.com/acme-backups", vault: "s3:https://store.acme.dev:443/vault" },
);
const places = fc.oneof(
  outside,
  outside.map(({ vault }) => ({ backups: "/var/backups", vault })),
  outside.map(({ backups }) => ({ backups, vault: "/mnt/vault" })),
  fc.constant({ backups: "/var/backups", vault: "/mnt/vault" }),
);
const compose = fc
  .record({
    shaping,
    places,
    open: fc.boolean(),
    net: fc.integer({ min: 0, max: 255 }),
    registry: optional(fc.constantFrom("registry.acme.dev", "registry.acme.dev:5000")),
  })
  .map(({ shaping, places, open, net, registry }) => ({
    ...prod.compose,
    ...shaping,
    ...places,
    registry,
    publish: open ? "0.0.0.0" : "127.0.0.1",
    tls: open,
    subnet: `10.77.${net}.0/24`,
  }));
const authority = optional(fc.constant("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"));
const kubernetes = fc
  .record({ shaping, domain, places: outside, authority })
  .map(({ shaping, domain, places, authority }) => ({
    ...prod.kubernetes,
    ...shaping,
    ...places,
    domain,
    database: { ...prod.kubernetes?.database, authority },
  }));
const auth = fc.record({ issuer: domain, port: fc.constantFrom("", ":8443") }).map(({ issuer, port }) => ({
  issuer: `https://${issuer}/`,
  audience: `https://mcp.${issuer}`,
  jwks: `https://keys.${issuer}${port}/jwks.json`,
}));

/** What a stack may be called, the longest names among it. */
export const stackName: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,2}$/),
  fc.stringMatching(new RegExp(`^[a-z][a-z0-9-]{${STACK_NAME_LIMIT - 2}}[a-z0-9]$`)),
);

/** Valid settings of a stack on a target: what the schema accepts, and none of it what the committed stacks say. */
export const settingsOn = (target: Target): fc.Arbitrary<Settings> =>
  fc
    .record({
      rateLimit: fc.record({
        perMinute: fc.integer({ min: 1, max: 6000 }),
        burst: fc.integer({ min: 1, max: 1000 }),
        perHour: fc.integer({ min: 1000, max: 100_000 }),
      }),
      alerts: fc.record({ P1: receivers, P2: receivers, P3: receivers, P4: receivers }),
      backups: fc.record({
        daily: fc.integer({ min: 1, max: 3650 }),
        weekly: fc.integer({ min: 1, max: 520 }),
        monthly: fc.integer({ min: 1, max: 120 }),
        lockVault: fc.boolean(),
      }),
      collector: optional(fc.constant("http://otel.acme.dev:4317")),
      auth: optional(auth),
      alone: fc.boolean(),
      cloudRun,
      compose,
      kubernetes,
    })
    .map(({ rateLimit, backups, auth, alone, cloudRun, compose, kubernetes, ...rest }) => {
      const blocks = {
        ...((!alone || target === "cloud-run") && { cloudRun }),
        ...((!alone || target === "compose") && { compose }),
        ...((!alone || target === "kubernetes") && { kubernetes }),
      };
      // beyond one host somebody has to ask who calls
      const open = blocks.kubernetes !== undefined || (blocks.compose?.publish ?? "127.0.0.1") !== "127.0.0.1";
      const { cloudRun: _, compose: __, kubernetes: ___, ...common } = prod;
      return parseSettings(
        {
          ...{ ...common, ...rest, ...blocks, target },
          edge: { image: prod.edge.image, rateLimit, auth: auth ?? (open ? prod.edge.auth : undefined) },
          backups: { ...prod.backups, ...backups },
        },
        "generated",
      );
    });

/** How far a stack is: nothing released, one release, or a candidate beside it that changes some of the services. */
export const releasesOf = (stack: string, settings: Settings): fc.Arbitrary<NamedReleases> =>
  fc
    .record({
      state: fc.constantFrom("none", "stable", "candidate"),
      changed: fc.subarray([...serviceNames], { minLength: 1 }),
    })
    .map(({ state, changed }) => {
      const before = imagesOf("a");
      const after = { ...before, ...Object.fromEntries(changed.map((name) => [name, imagesOf("b")[name] as string])) };
      const release = (name: string, images: typeof before, history: Release[] = []) =>
        makeRelease({ stack, name, settings: { ...settings, stable: "r1" }, images, created: new Date(0), history });
      const stable = release("r1", before);
      return {
        stable: state === "none" ? undefined : stable,
        candidate: state === "candidate" ? release("r2", after, [stable]) : undefined,
      };
    });
