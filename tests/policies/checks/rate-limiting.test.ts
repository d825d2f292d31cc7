import { describe, expect, test } from "vitest";
import { rateLimiting } from "../../../policies/checks/rate-limiting.ts";
import { listenerFile } from "../edge-files.ts";
import {
  asked,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const edge = (changes: Parameters<typeof listenerFile>[0] = {}) =>
  dockerContainer("edge", { command: ["/lds.json", listenerFile(changes)] });
const minute = { max: 10, perFill: 60, interval: "60s" };
const hour = { max: 1000, perFill: 1000, interval: "3600s" };

const armor = (changes: object = {}, rule: object = {}) =>
  resource("gcp:compute/securityPolicy:SecurityPolicy", "limits", {
    rules: [
      {
        action: "rate_based_ban",
        match: { config: { srcIpRanges: ["*"] } },
        rateLimitOptions: {
          enforceOnKey: "IP",
          exceedAction: "deny(429)",
          rateLimitThreshold: { count: 60, intervalSec: 60 },
          ...changes,
        },
        ...rule,
      },
    ],
  });
const behind = (policy?: ReturnType<typeof armor>) => [
  cloudService("akosha"),
  ...(policy ? [policy] : []),
  resource(
    "gcp:compute/backendService:BackendService",
    "backend",
    { securityPolicy: UNKNOWN },
    { from: { securityPolicy: policy ? [policy] : [] } },
  ),
];

const clustered = (limits: object[], replicas: unknown = 2) => [
  deployment("akosha"),
  resource("kubernetes:apps/v1:Deployment", "edge", { spec: { replicas } }),
  resource("kubernetes:core/v1:ConfigMap", "edge-resting", {
    data: { "lds.json": listenerFile({ limits: limits as never }) },
  }),
];
const half = { max: 5, perFill: 60, interval: "120s" };
const halfHour = { max: 500, perFill: 1000, interval: "7200s" };

describe("rate limiting", () => {
  test.each([
    ["an edge that limits", [dockerService("akosha"), edge()]],
    ["an edge that spares its own network", [dockerService("akosha"), edge({ spared: [16] })]],
    ["two edges that share the limits", clustered([half, halfHour])],
    ["a load balancer that bans", behind(armor())],
  ])("passes with %s", (_, resources) => {
    expect(reasons(asked(rateLimiting, resources))).toBe("");
  });
  test("requires no load balancer for named callers, but still limits", () => {
    expect(asked(rateLimiting, [cloudService("akosha")]).verdict).toBe("pass");
    expect(asked(rateLimiting, [cloudService("akosha", { template: { scaling: {} } })]).verdict).toBe("fail");
  });
  test.each([
    ["a limit that spares the world", [dockerService("akosha"), edge({ spared: [16, 0] })], "no per-client limit"],
    ["no limit", [dockerService("akosha"), edge({ limits: [] })], "no per-client limit"],
    [
      "limits of streams alone",
      [dockerService("akosha"), edge({ limits: [minute, hour].map((one) => ({ ...one, only: true })) })],
      "no per-client limit",
    ],
    ["a limit that is not enforced", [dockerService("akosha"), edge({ enforced: 0 })], "no per-client limit"],
    [
      "too many a minute",
      [dockerService("akosha"), edge({ limits: [{ ...minute, perFill: 61 }, hour] })],
      "60 requests a minute",
    ],
    ["too many at once", [dockerService("akosha"), edge({ limits: [{ ...minute, max: 11 }, hour] })], "10 at once"],
    [
      "too many an hour",
      [dockerService("akosha"), edge({ limits: [minute, { ...hour, perFill: 1001 }] })],
      "1000 requests an hour",
    ],
    ["no limit over an hour", [dockerService("akosha"), edge({ limits: [minute] })], "1000 requests an hour"],
    ["no edge", [dockerService("akosha")], "no edge"],
    ["whole limits at each of two edges", clustered([minute, hour]), "60 requests a minute"],
    ["no security policy", behind(), "no security policy"],
    ["a policy of 6000", behind(armor({ rateLimitThreshold: { count: 6000, intervalSec: 60 } })), "no security policy"],
    ["a policy that only looks", behind(armor({}, { preview: true })), "no security policy"],
    [
      "a policy of one network",
      behind(armor({}, { match: { config: { srcIpRanges: ["10.0.0.0/8"] } } })),
      "no security policy",
    ],
    [
      "any concurrency",
      [cloudService("akosha", { template: { maxInstanceRequestConcurrency: undefined } })],
      "requests per instance",
    ],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(rateLimiting, resources);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("is not proven where the number of instances is unknown", () => {
    const outcome = asked(rateLimiting, [
      cloudService("akosha", { template: { scaling: { maxInstanceCount: UNKNOWN } } }),
    ]);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: template.scaling.maxInstanceCount");
  });
});
