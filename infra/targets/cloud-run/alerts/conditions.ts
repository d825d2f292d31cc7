import { objectives } from "../../../../ecosystem/objectives.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import { type AlertName, CERTIFICATE_DAYS, FEWEST_REQUESTS, LEAST_FREE } from "../../../alerts/alerts.ts";
import { about, burning, type Condition, silent } from "../../../alerts/conditions/condition.ts";
import {
  above,
  absentFor,
  and,
  at,
  avgBy,
  below,
  highest,
  increase,
  marked,
  maxBy,
  minBy,
  minus,
  or,
  type PromWindow,
  quantile,
  rate,
  ratio,
  seriesOn,
  sumBy,
  unless,
} from "../../../alerts/promql.ts";

const on = seriesOn<"cloud-run">();

/**
 * Not available on Google Cloud. A policy looks back at most a day; Cloud Run counts the promotion's probes among a
 * revision's requests, so the counts do not show whether users are split; and a policy that always fires is one endless
 * incident, not a repeating signal.
 */
export const NOT_ON_CLOUD_RUN = ["ErrorBudgetBurn1x", "PromotionHeld", "DeadMan"] as const satisfies AlertName[];
export type CloudAlertName = Exclude<AlertName, (typeof NOT_ON_CLOUD_RUN)[number]>;

/**
 * What a stack has in its own project: the stores that are backed up daily, by the source of their log line; whether Cloud
 * Run itself has services, and the single services, which run on the VM.
 */
export type ProjectScope = {
  stores: readonly { store: string; resource: "cloud_run_job" | "gce_instance" }[];
  stateless: boolean;
  singletons: readonly ServiceName[];
};

/** A single service is down when it has not answered for this long, or has not been reported: both are longer than an update takes. */
const UNHEALTHY = "3m";
const UNHEARD = "5m";

/** Google counts by code alone, so these are the refusals that a stranger does not get for asking wrongly. */
const REFUSALS = ["403", "421", "429"] as const;

/** The bounds of Google's latency histogram below the objective, in milliseconds. */
const BELOW_OBJECTIVE = /[0-9]{1,3}([.][0-9]+)?/;

/** When each alert fires on Google Cloud. */
export function cloudRunConditions({ stores, stateless, singletons }: ProjectScope): Record<CloudAlertName, Condition> {
  const run = { monitored_resource: "cloud_run_revision" } as const;
  const uptime = { monitored_resource: "uptime_url" } as const;
  type Where = Parameters<typeof on<"run_googleapis_com:request_count">>[1];
  const requests = (where: Where) => on("run_googleapis_com:request_count", { ...run, ...where });
  // unauthorized and not-found requests say nothing about the service
  const counted = requests({ response_code: { not: ["401", "403", "404", "413", "429"] } });
  const failed = requests({ response_code_class: "5xx" });
  const served = requests({ response_code_class: "2xx" });
  const latencies = (where: { le?: string | RegExp }) =>
    on("run_googleapis_com:request_latencies_bucket", { ...run, ...where });
  const runs = "logging_googleapis_com:user_mahavishnu_backup_success_count";
  const successes = "logging_googleapis_com:user_mahavishnu_backup_success_sum";
  // Google rejects a query that matches more than one resource type
  const saidOf = (series: typeof runs | typeof successes) =>
    or(
      ...[...new Set(stores.map(({ resource }) => resource))].map((monitored_resource) =>
        sumBy(["store"], increase(on(series, { monitored_resource }), "1d")),
      ),
    );
  const disk = ["instance_id", "device_name"] as const;
  const machine = singletons.length > 0;
  const onMachine = { monitored_resource: "gce_instance" } as const;
  const { ErrorBudgetBurn1x: _, ...burn } = burning("service_name", {
    failures: (window: PromWindow) => sumBy(["service_name"], increase(failed, window)),
    errorRatio: (window: PromWindow) =>
      ratio(sumBy(["service_name"], rate(failed, window)), sumBy(["service_name"], rate(counted, window))),
  });
  return {
    ...burn,
    // single services are not reachable from outside, so the VM itself reports them
    ServiceDown: about(
      "host",
      or(
        below(avgBy(["host"], on("monitoring_googleapis_com:uptime_check_check_passed", uptime)), 0.5),
        ...singletons.map((service) => {
          const up = on("custom_googleapis_com:mahavishnu_single_up", { ...onMachine, service });
          const answered = maxBy(["service"], highest(up, UNHEALTHY));
          return marked("host", service, or(at(answered, 0), maxBy(["service"], absentFor(up, UNHEARD))));
        }),
      ),
    ),
    LatencyHigh: about(
      "service_name",
      and(
        above(quantile(0.95, sumBy(["service_name", "le"], rate(latencies({}), "10m"))), objectives.p95Ms),
        above(
          minus(
            sumBy(["service_name"], increase(latencies({ le: "+Inf" }), "10m")),
            maxBy(["service_name"], sumBy(["service_name", "le"], increase(latencies({ le: BELOW_OBJECTIVE }), "10m"))),
          ),
          FEWEST_REQUESTS,
        ),
      ),
    ),
    ServiceRefusing: about(
      "service_name",
      unless(
        and(
          above(sumBy(["service_name"], increase(requests({ response_code: REFUSALS }), "5m")), FEWEST_REQUESTS),
          above(sumBy(["service_name"], increase(served, "1d")), 0),
        ),
        above(sumBy(["service_name"], increase(served, "2m")), 0),
      ),
    ),
    NoData: silent({
      ...(stateless && {
        "cloud-run": on("run_googleapis_com:container_instance_count", run),
        "uptime-checks": on("monitoring_googleapis_com:uptime_check_check_passed", uptime),
      }),
      ...(machine && { singles: on("compute_googleapis_com:guest_disk_bytes_used", onMachine) }),
    }),
    MemoryHigh: about(
      "service_name",
      or(
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
        ...singletons.map((service) => {
          const used = on("custom_googleapis_com:mahavishnu_single_memory_percent", { ...onMachine, service });
          return marked("service_name", service, above(used, 100 * objectives.memoryRatio));
        }),
      ),
    ),
    DiskFull: about(
      "disk",
      or(
        marked(
          "disk",
          "database",
          above(
            on("cloudsql_googleapis_com:database_disk_utilization", { monitored_resource: "cloudsql_database" }),
            1 - LEAST_FREE,
          ),
        ),
        ...(machine
          ? [
              marked(
                "disk",
                "machine",
                below(
                  ratio(
                    sumBy(disk, on("compute_googleapis_com:guest_disk_bytes_used", { ...onMachine, state: "free" })),
                    above(sumBy(disk, on("compute_googleapis_com:guest_disk_bytes_used", onMachine)), 0),
                  ),
                  LEAST_FREE,
                ),
              ),
            ]
          : []),
      ),
    ),
    CertificateExpiry: about(
      "host",
      below(
        minBy(["host"], on("monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires", uptime)),
        CERTIFICATE_DAYS,
      ),
    ),
    BackupFailed: about("store", unless(above(saidOf(runs), 0), above(saidOf(successes), 0))),
    BackupOld: about(
      "store",
      or(
        below(saidOf(successes), 1),
        ...stores.map(({ store, resource }) =>
          marked("store", store, absentFor(on(runs, { monitored_resource: resource, store }), "1d")),
        ),
      ),
    ),
  };
}
