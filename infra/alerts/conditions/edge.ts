import { ROUTES } from "../../../edge/routes.ts";
import { FEWEST_REQUESTS } from "../alerts.ts";
import { above, and, countBy, increase, type PromWindow, rate, ratio, seriesOn, sumBy, unless } from "../promql.ts";
import { about, burning } from "./condition.ts";

const on = seriesOn<"compose" | "kubernetes">();

/** The conditions that use our own edge's counters, by the alert's name; `job` is the job that scrapes it. */
export function edgeConditions(job: string) {
  type Where = NonNullable<Parameters<typeof on<"envoy_edge_requests">>[1]>;
  const requests = (where: Where) => on("envoy_edge_requests", { job, ...where });
  const failed = requests({ outcome: "failed" });
  const counted = requests({ outcome: ["good", "slow", "failed", "refused"] });
  const part = (some: typeof failed, window: PromWindow) =>
    ratio(sumBy(["service"], rate(some, window)), sumBy(["service"], rate(counted, window)));
  const slow = requests({ outcome: "slow" });
  const served = requests({ outcome: ["good", "slow"] });
  const client = ["service", "client"] as const;
  // a stranger who is refused at night says nothing; a client that was served before does
  const formerClients = above(sumBy(client, increase(served, "1d")), 0);
  const refusals = sumBy(client, increase(requests({ outcome: "refused" }), "5m"));
  const taking = sumBy(["service", "revision"], increase(requests({ route: ROUTES.new }), "1h"));
  return {
    ...burning("service", {
      failures: (window) => sumBy(["service"], increase(failed, window)),
      errorRatio: (window) => part(failed, window),
    }),
    // the edge marks slow requests by the objective itself, so this is exact where histogram_quantile would interpolate
    LatencyHigh: about(
      "service",
      and(above(part(slow, "10m"), 0.05), above(sumBy(["service"], increase(slow, "10m")), FEWEST_REQUESTS)),
    ),
    ServiceRefusing: about(
      "service",
      unless(
        above(sumBy(["service"], and(refusals, formerClients)), FEWEST_REQUESTS),
        above(sumBy(["service"], increase(served, "2m")), 0),
      ),
    ),
    PromotionHeld: about("service", above(countBy(["service"], above(taking, 0)), 1)),
  };
}
