import { maintenanceWindow } from "../../ecosystem/retention.ts";
import { check } from "../check.ts";
import { at, numberAt, textAt } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import { backupsOf } from "../view/backups.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { budgeted } from "../view/disruption.ts";
import { INSTANCE } from "../view/machine.ts";
import type { View } from "../view/view.ts";

/** 14 - Maintenance: everything can be renewed without anybody's night being lost. */
export const maintenance = check(14, "maintenance", {
  why: "what cannot be restarted safely is not updated, until it must be",
  remedy: "set windows, disruption budgets and upgrade policies, and schedule the regular jobs",
  judge: (view) => [...scheduled(view), ...onCloudRun(view), ...onHost(view), ...inCluster(view)],
});

const scheduled = (view: View): Finding[] => {
  const jobs = backupsOf(view);
  return (["save", "check"] as const).map((action) =>
    demand(
      jobs.some((job) => job.action === action && job.daily),
      "stack",
      `no scheduled job does the daily ${action}`,
    ),
  );
};

const onCloudRun = (view: View): Finding[] => [
  ...view
    .of("gcp:sql/databaseInstance:DatabaseInstance")
    .map((database) =>
      demand(
        numberAt(database.props, "settings.maintenanceWindow.day") === maintenanceWindow.isoDay &&
          numberAt(database.props, "settings.maintenanceWindow.hour") === maintenanceWindow.hour,
        database,
        "the platform may restart it at any time: no maintenance window, or not the agreed one",
      ),
    ),
  ...view
    .of(INSTANCE)
    .flatMap((machine) => [
      demand(
        textAt(machine.props, "scheduling.onHostMaintenance") === "MIGRATE" &&
          at(machine.props, "scheduling.automaticRestart") === true,
        machine,
        "it ends when its host is maintained",
      ),
      demand(
        textAt(machine.props, "metadata.cos-update-strategy") === "update_enabled",
        machine,
        "its system is never updated",
      ),
    ]),
  ...view
    .of(SERVICE)
    .map((service) =>
      demand(
        textAt(service.props, "template.revision") !== undefined,
        service,
        "its revisions have no names, so none can be gone back to",
      ),
    ),
];

/** On a host each container comes back by itself, and has the time to end what it does. */
const onHost = (view: View): Finding[] =>
  view.containers
    .filter(({ resource, lasting }) => lasting && resource.type.startsWith("docker:"))
    .flatMap((container) => [
      demand(
        ["unless-stopped", "always"].includes(textAt(container.resource.props, "restart") ?? ""),
        container,
        "it does not come back when the host restarts",
      ),
      demand(
        (numberAt(container.resource.props, "stopTimeout") ?? 0) > 0,
        container,
        "it gets no time to end what it does",
      ),
    ]);

const inCluster = (view: View): Finding[] =>
  view
    .of("kubernetes:apps/v1:Deployment")
    .flatMap((deployment) => [
      demand(budgeted(deployment, view), deployment, "a drain may take all of its pods at once, or none"),
      demand(
        ["RollingUpdate", "Recreate"].includes(textAt(deployment.props, "spec.strategy.type") ?? ""),
        deployment,
        "nothing says how its pods are replaced",
      ),
    ]);
