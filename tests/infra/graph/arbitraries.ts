import fc from "fast-check";
import { serviceNames } from "../../../ecosystem/services.ts";
import type { Target } from "../../../ecosystem/targets.ts";
import type { Settings } from "../../../infra/config/schema.ts";
import { parseSettings } from "../../../infra/config/settings.ts";
import { readStack } from "../../../infra/config/stack-file.ts";
import { makeRelease } from "../../../infra/release/make.ts";
import type { Named } from "../../../infra/stack.ts";
import { imagesOf, root } from "../../support/releases.ts";

const { settings: prod } = readStack(root, "prod");

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const receivers = fc.uniqueArray(fc.constantFrom("pagerduty-routing-key", "slack-webhook-url", "ticket-webhook-url"), {
  minLength: 1,
});
const size = fc.record({ cpu: fc.constantFrom(0.5, 1, 2, 4), memoryMi: fc.integer({ min: 512, max: 16384 }) });
/** Cloud Run has whole processors, each with a range of memory. */
const cloudRunSize = fc.constantFrom(
  { cpu: 1, memoryMi: 512 },
  { cpu: 2, memoryMi: 4096 },
  { cpu: 4, memoryMi: 8192 },
  { cpu: 8, memoryMi: 32768 },
);
const instances = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 20 }))
  .map(([min, more]) => ({ min, max: min + more }));
const shapingWith = (size: fc.Arbitrary<{ cpu: number; memoryMi: number }>) =>
  fc.record({
    sizes: fc.record({
      "session-buddy": optional(size),
      akosha: optional(size),
      mahavishnu: optional(fc.tuple(size, instances).map(([one, many]) => ({ ...one, instances: many }))),
    }),
  });
const shaping = shapingWith(size);
const label = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);
const domain = fc.tuple(label, label).map(([a, b]) => `${a}.${b}.dev`);

const cloudRun = fc
  .record({
    shaping: shapingWith(cloudRunSize),
    domain: optional(domain),
    iap: fc.boolean(),
    region: fc.constantFrom("europe-west1", "us-central1"),
  })
  .map(({ shaping, domain, iap, region }) => ({
    ...prod.cloudRun,
    ...shaping,
    domain,
    access: iap && domain ? "iap" : "iam",
    region,
    zone: `${region}-b`,
  }));
const compose = fc
  .record({ shaping, open: fc.boolean(), net: fc.integer({ min: 0, max: 255 }) })
  .map(({ shaping, open, net }) => ({
    ...prod.compose,
    ...shaping,
    publish: open ? "0.0.0.0" : "127.0.0.1",
    tls: open,
    subnet: `10.77.${net}.0/24`,
  }));
const kubernetes = fc
  .record({ shaping, domain })
  .map(({ shaping, domain }) => ({ ...prod.kubernetes, ...shaping, domain }));

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
      cloudRun,
      compose,
      kubernetes,
    })
    .map(({ rateLimit, backups, ...rest }) =>
      parseSettings(
        {
          ...prod,
          ...rest,
          target,
          edge: { ...prod.edge, rateLimit },
          backups: { ...prod.backups, ...backups },
        },
        "generated",
      ),
    );

/** How far a stack is: nothing released, one release, or a candidate beside it that changes some of the services. */
export const releasesOf = (settings: Settings): fc.Arbitrary<Named> =>
  fc
    .record({
      state: fc.constantFrom("none", "stable", "candidate"),
      changed: fc.subarray([...serviceNames], { minLength: 1 }),
    })
    .map(({ state, changed }) => {
      const before = imagesOf("a");
      const after = { ...before, ...Object.fromEntries(changed.map((name) => [name, imagesOf("b")[name]])) };
      const release = (name: string, images: typeof before) =>
        makeRelease({ stack: "prod", name, settings, images, created: new Date(0) });
      return {
        stable: state === "none" ? undefined : release("r1", before),
        candidate: state === "candidate" ? release("r2", after) : undefined,
      };
    });
