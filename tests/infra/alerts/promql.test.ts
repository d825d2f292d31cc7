import { expect, test } from "vitest";
import {
  above,
  absent,
  and,
  countBy,
  derived,
  highest,
  increase,
  marked,
  maxBy,
  or,
  quantile,
  rate,
  ratio,
  reaches,
  secondsSince,
  seriesOn,
  sumBy,
  zero,
} from "../../../infra/alerts/promql.ts";

const on = seriesOn<"compose">();
const requests = on("envoy_edge_requests", { outcome: "failed" });

test.each([
  [on("up"), "up"],
  [on("up", { job: "edge" }), 'up{job="edge"}'],
  [on("up", { job: ["a.b", "c"], role: { not: "candidate" } }), String.raw`up{job=~"a\\.b|c",role!="candidate"}`],
  [on("up", { job: { not: ["", "x"] }, role: { not: /st.*/ } }), 'up{job!~"|x",role!~"st.*"}'],
  [on("up", { job: 'a"b\\' }), String.raw`up{job="a\"b\\"}`],
  [sumBy(["service"], rate(requests, "5m")), 'sum by (service) (rate(envoy_edge_requests{outcome="failed"}[5m]))'],
  [countBy([], on("up")), "count by () (up)"],
  [
    above(ratio(sumBy(["service"], rate(requests, "1h")), sumBy(["service"], increase(requests, "1d"))), 0.05),
    '(sum by (service) (rate(envoy_edge_requests{outcome="failed"}[1h])) / sum by (service) (increase(envoy_edge_requests{outcome="failed"}[1d]))) > 0.05',
  ],
  [and(above(on("up"), 0), or(on("up"), absent(on("up")))), "(up > 0) and (up or absent(up))"],
  [above(secondsSince(on("mahavishnu_backup_size_bytes")), 9), "(time() - mahavishnu_backup_size_bytes) > 9"],
  [highest(on("up", { job: "edge" }), "3m"), 'max_over_time(up{job="edge"}[3m])'],
  [derived("store", "job", /backup-(.+)/, on("up")), 'label_replace(up, "store", "$1", "job", "backup-(.+)")'],
  [reaches(or(on("up"), zero(on("up"))), on("up")), "(up or (0 * up)) >= bool up"],
  [marked("exporter", "edge", absent(on("up"))), 'label_replace(max(absent(up)), "exporter", "edge", "", "")'],
])("%o", ({ text }, expected) => {
  expect(text).toBe(expected);
});

test("the compiler refuses the rest: `tsc` fails where it does not, and nothing of it runs", () => {
  expect(refused).toBeTypeOf("function");
});

const refused = () => {
  const cloud = seriesOn<"cloud-run">();
  const cluster = seriesOn<"kubernetes">();
  // @ts-expect-error no such series
  on("http_requests_total");
  // @ts-expect-error it is another target's
  on("container_memory_working_set_bytes");
  // @ts-expect-error no such label
  on("up", { pod: "x" });
  cluster("container_memory_working_set_bytes", { namespace: "x" });
  // @ts-expect-error a gauge has no rate
  rate(on("up"), "5m");
  // @ts-expect-error a rate counts no further
  rate(rate(requests, "5m"), "5m");
  // @ts-expect-error it does not have this label
  sumBy(["pod"], requests);
  // @ts-expect-error the label was summed away
  sumBy(["route"], sumBy(["service"], requests));
  // @ts-expect-error their labels differ, so no sample would meet another
  ratio(sumBy(["service"], requests), sumBy(["revision"], requests));
  // @ts-expect-error one of them has a label more
  and(maxBy(["service"], on("up")), maxBy(["service", "role"], on("up")));
  // @ts-expect-error the buckets' label is gone with the quantile
  sumBy(["le"], quantile(0.95, cloud("run_googleapis_com:request_latencies_bucket")));
  // @ts-expect-error not a length of time
  rate(requests, "5 minutes");
};
