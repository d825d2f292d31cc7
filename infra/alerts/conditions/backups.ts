import { objectives } from "../../../ecosystem/objectives.ts";
import { above, at, or, secondsSince, type Vector } from "../promql.ts";
import { about } from "./condition.ts";

/**
 * The conditions of the backup alerts, by the alert's name. `missing` has a sample for each store without any series: a
 * store that was never saved has no age.
 */
export const backupConditions = (series: {
  success: Vector<"store">;
  lastSuccess: Vector<"store">;
  missing: readonly Vector<"store">[];
}) => ({
  BackupFailed: about("store", at(series.success, 0)),
  BackupOld: about(
    "store",
    or(above(secondsSince(series.lastSuccess), objectives.recoveryPointHours * 3600), ...series.missing),
  ),
});
