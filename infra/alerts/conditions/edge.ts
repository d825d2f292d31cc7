import { ROUTES } from "../../../edge/routes.ts";
import { above, countBy, increase, type PromWindow, rate, ratio, seriesOn, sumBy } from "../promql.ts";
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
  const taking = sumBy(["service", "revision"], increase(requests({ route: ROUTES.new }), "1h"));
  return {
    ...burning("service", {
      failures: (window) => sumBy(["service"], increase(failed, window)),
      errorRatio: (window) => part(failed, window),
    }),
    // the edge marks slow requests by the objective itself, so this is exact where histogram_quantile would interpolate
    LatencyHigh: about("service", above(part(requests({ outcome: "slow" }), "10m"), 0.05)),
    PromotionHeld: about("service", above(countBy(["service"], above(taking, 0)), 1)),
  };
}
