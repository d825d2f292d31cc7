import type { MetricArgs } from "@pulumi/gcp/logging/index.js";

/** The three series of a backup; `backup.sh` logs all of them in one line. */
export const backupSeries = [
  "mahavishnu_backup_success",
  "mahavishnu_backup_last_success_timestamp_seconds",
  "mahavishnu_backup_size_bytes",
] as const;

/**
 * A series as a log-based metric of Google Cloud: both the jobs and the VM log it. In PromQL it is
 * `logging_googleapis_com:user_<name>`, with `_sum` and `_count`, by `store`.
 */
export const logMetric = (series: (typeof backupSeries)[number], project: string): MetricArgs => ({
  name: series,
  project,
  description: "Said by the backup's script, by store",
  filter: `jsonPayload.message=~"${series}="`,
  valueExtractor: `REGEXP_EXTRACT(jsonPayload.message, "${series}=([0-9]+)")`,
  labelExtractors: { store: 'REGEXP_EXTRACT(jsonPayload.message, "backup of ([a-z-]+):")' },
  metricDescriptor: {
    metricKind: "DELTA",
    valueType: "DISTRIBUTION",
    unit: series.endsWith("bytes") ? "By" : series.endsWith("seconds") ? "s" : "1",
    labels: [{ key: "store", valueType: "STRING", description: "what was saved" }],
  },
});
