import type { Recording } from "../../../alerts/business-hours.ts";
import { derived, maxBy, or, reaches, seriesOn, zero } from "../../../alerts/promql.ts";
import { backupJobName } from "../../../names.ts";
import type { ClusterScope } from "./conditions.ts";

const on = seriesOn<"kubernetes">();

/**
 * The backups' series in a cluster, from the cluster's own metrics of the CronJobs: a job's pod is gone before it could be
 * scraped. Each CronJob is one store. Success is 0 from the start of a run until it has succeeded. The backup's size is only
 * in the job's log, so there is no series for it.
 */
export function clusterRecordings({ namespace, stores }: Pick<ClusterScope, "namespace" | "stores">): Recording[] {
  const cronjob = stores.map((name) => backupJobName({ name }));
  const byStore = (series: "kube_cronjob_status_last_schedule_time" | "kube_cronjob_status_last_successful_time") =>
    maxBy(["namespace", "store"], derived("store", "cronjob", /backup-(.+)/, on(series, { namespace, cronjob })));
  const begun = byStore("kube_cronjob_status_last_schedule_time");
  const succeeded = byStore("kube_cronjob_status_last_successful_time");
  return [
    { record: "mahavishnu_backup_success", expr: reaches(or(succeeded, zero(begun)), begun).text },
    { record: "mahavishnu_backup_last_success_timestamp_seconds", expr: succeeded.text },
  ];
}
