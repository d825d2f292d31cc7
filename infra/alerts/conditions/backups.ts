import { objectives } from "../../../ecosystem/objectives.ts";
import { above, at, or, secondsSince, type Vector } from "../promql.ts";
import { about } from "./condition.ts";

/**
 * What the series of the backups tell, by the alert's name. `missing` has a sample for each store that none of them
 * speaks of: what was never saved has no age.
 */
export const backupConditions = (told: {
  success: Vector<"store">;
  lastSuccess: Vector<"store">;
  missing: readonly Vector<"store">[];
}) => ({
  BackupFailed: about("store", at(told.success, 0)),
  BackupOld: about(
    "store",
    or(above(secondsSince(told.lastSuccess), objectives.recoveryPointHours * 3600), ...told.missing),
  ),
});
