import { clientLimits } from "../../ecosystem/limits.ts";
import { check } from "../check.ts";
import { at, listAt, numberAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding, fail, notApplicable, pass } from "../verdict.ts";
import { SERVICE } from "../view/cloud-run.ts";
import type { EdgeListener } from "../view/edge.ts";
import type { View } from "../view/view.ts";

const POLICY = "gcp:compute/securityPolicy:SecurityPolicy";
const BACKEND = "gcp:compute/backendService:BackendService";

/** 10 - Rate limiting: one client cannot starve the others. */
export const rateLimiting = check(10, "rate-limiting", {
  why: "without a limit, one client in a loop is an outage for everyone else",
  remedy: "set edge.rateLimit in the stack's settings, and limit instances and concurrency",
  judge: (view) => (view.target === "cloud-run" ? onCloudRun(view) : atTheEdge(view)),
});

function atTheEdge({ listeners, services }: View): Finding[] {
  return [
    ...services.map(({ service, resource }) =>
      demand(
        listeners.some(({ name }) => name === service),
        resource,
        "there is no edge in front of it",
      ),
    ),
    ...listeners.map(limited),
  ];
}

const { perMinute, burst, perHour } = clientLimits;

/** Each client is limited both per minute and per hour. */
function limited(listener: EdgeListener): Finding {
  const { buckets } = listener;
  if (buckets.length === 0) return fail(listener, "it has no per-client limit");
  if (!buckets.some((bucket) => bucket.burst <= burst && bucket.perHour <= 60 * perMinute)) {
    return fail(listener, `it allows a client more than ${perMinute} requests a minute or ${burst} at once`);
  }
  return demand(
    buckets.some((bucket) => bucket.perHour <= perHour && bucket.burst <= perHour),
    listener,
    `it allows a client more than ${perHour} requests an hour`,
  );
}

function onCloudRun(view: View): Finding[] {
  const backends = view.of(BACKEND);
  return [
    ...view
      .of(SERVICE)
      .flatMap((service) => [
        demand(
          (numberAt(service.props, "template.scaling.maxInstanceCount") ?? 0) > 0,
          service,
          "the number of instances is not limited",
        ),
        demand(
          (numberAt(service.props, "template.maxInstanceRequestConcurrency") ?? 0) > 0,
          service,
          "the number of concurrent requests per instance is not limited",
        ),
      ]),
    ...(backends.length === 0
      ? [notApplicable("stack", "there is no load balancer; named callers reach the services directly")]
      : backends.map((backend) => {
          const policies = view.referred(backend, "securityPolicy", POLICY);
          return policies.some(bounds)
            ? pass(backend)
            : fail(backend, `no security policy limits a client to ${perMinute} requests a minute`);
        })),
  ];
}

/** A rule that limits every address and rejects requests beyond the limit. */
const bounds = ({ props }: Resource): boolean =>
  listAt(props, "rules").some((rule) => {
    const count = numberAt(rule, "rateLimitOptions.rateLimitThreshold.count") ?? Number.POSITIVE_INFINITY;
    const seconds = numberAt(rule, "rateLimitOptions.rateLimitThreshold.intervalSec") ?? 1;
    return (
      ["rate_based_ban", "throttle"].includes(textAt(rule, "action") ?? "") &&
      at(rule, "preview") !== true &&
      textAt(rule, "rateLimitOptions.enforceOnKey") === "IP" &&
      textAt(rule, "rateLimitOptions.exceedAction") === "deny(429)" &&
      listAt(rule, "match.config.srcIpRanges").includes("*") &&
      (60 * count) / seconds <= perMinute
    );
  });
