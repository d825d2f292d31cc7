import { derived, maxBy, or, reaches, seriesOn, zero } from "../../../alerts/promql.ts";
import { backupJobName } from "../../../names.ts";
import type { ClusterScope } from "./conditions.ts";

/** A series under a name of ours that Prometheus makes of others. */
export type Recording = { record: string; expr: string };

const on = seriesOn<"kubernetes">();

/**
 * The backups' series in a cluster, where a job's pod is gone before anybody could ask it: what the cluster itself knows
 * of the CronJobs. A store is what one of them takes care of. Success is 0 from the start of a run until it has
 * succeeded. How much was saved is known to nobody but the job's log, so there is no series of it.
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
