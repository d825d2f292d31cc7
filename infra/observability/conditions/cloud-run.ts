import { objectives } from "../../../ecosystem/objectives.ts";
import { type AlertName, CERTIFICATE_DAYS, LEAST_FREE } from "../alerts.ts";
import {
  above,
  absentFor,
  avgBy,
  below,
  countBy,
  increase,
  maxBy,
  minBy,
  or,
  quantile,
  rate,
  ratio,
  seriesOn,
  sumBy,
  unless,
  type Window,
} from "../promql.ts";
import { about, burning, type Condition, silent } from "./condition.ts";

const on = seriesOn<"cloud-run">();

/**
 * Not there on Google Cloud: a policy looks back a day at most, and an alert that always fires would be one incident that
 * never ends instead of a signal that repeats; whether Google evaluates policies is Google's own alarm.
 */
export const NOT_ON_CLOUD_RUN = ["ErrorBudgetBurn1x", "DeadMan"] as const satisfies AlertName[];
export type CloudAlertName = Exclude<AlertName, (typeof NOT_ON_CLOUD_RUN)[number]>;

/** When each alert fires on Google Cloud. The project is one stack's own, so that no series of it is another's. */
export function cloudRunConditions(): Record<CloudAlertName, Condition> {
  const run = { monitored_resource: "cloud_run_revision" } as const;
  const uptime = { monitored_resource: "uptime_url" } as const;
  const job = { monitored_resource: "cloud_run_job" } as const;
  type Where = Parameters<typeof on<"run_googleapis_com:request_count">>[1];
  const requests = (where: Where) => on("run_googleapis_com:request_count", { ...run, ...where });
  // who has no right, or asks for what is not there, says nothing about the service
  const counted = requests({ response_code: { not: ["401", "403", "404", "413", "429"] } });
  const failed = requests({ response_code_class: "5xx" });
  const taking = above(sumBy(["service_name", "revision_name"], increase(counted, "1h")), 0);
  const ended = (result: "succeeded" | "failed") =>
    sumBy(["job_name"], increase(on("run_googleapis_com:job_completed_execution_count", { ...job, result }), "1d"));
  const { ErrorBudgetBurn1x: _, ...burn } = burning("service_name", {
    failures: (window: Window) => sumBy(["service_name"], increase(failed, window)),
    errorRatio: (window: Window) =>
      ratio(sumBy(["service_name"], rate(failed, window)), sumBy(["service_name"], rate(counted, window))),
  });
  return {
    ...burn,
    ServiceDown: about(
      "host",
      below(avgBy(["host"], on("monitoring_googleapis_com:uptime_check_check_passed", uptime)), 0.5),
    ),
    LatencyHigh: about(
      "service_name",
      above(
        quantile(
          0.95,
          sumBy(["service_name", "le"], rate(on("run_googleapis_com:request_latencies_bucket", run), "10m")),
        ),
        objectives.p95Ms,
      ),
    ),
    NoData: silent({
      "cloud-run": on("run_googleapis_com:container_instance_count", run),
      "uptime-checks": on("monitoring_googleapis_com:uptime_check_check_passed", uptime),
    }),
    MemoryHigh: about(
      "service_name",
      above(
        quantile(
          0.99,
          sumBy(
            ["service_name", "le"],
            rate(on("run_googleapis_com:container_memory_utilizations_bucket", run), "10m"),
          ),
        ),
        objectives.memoryRatio,
      ),
    ),
    DiskFull: about(
      "database_id",
      above(
        maxBy(
          ["database_id"],
          on("cloudsql_googleapis_com:database_disk_utilization", { monitored_resource: "cloudsql_database" }),
        ),
        1 - LEAST_FREE,
      ),
    ),
    CertificateExpiry: about(
      "host",
      below(
        minBy(["host"], on("monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires", uptime)),
        CERTIFICATE_DAYS,
      ),
    ),
    BackupFailed: about("job_name", unless(above(ended("failed"), 0), above(ended("succeeded"), 0))),
    BackupOld: about(
      "job_name",
      or(
        below(ended("succeeded"), 1),
        sumBy(["job_name"], absentFor(on("run_googleapis_com:job_completed_execution_count", job), "1d")),
      ),
    ),
    PromotionHeld: about("service_name", above(countBy(["service_name"], taking), 1)),
  };
}
