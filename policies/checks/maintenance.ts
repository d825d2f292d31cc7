import { maintenanceWindow } from "../../ecosystem/retention.ts";
import { check } from "../check.ts";
import { at, numberAt, textAt } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import { backupsOf } from "../view/backups.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { budgeted } from "../view/disruption.ts";
import { INSTANCE } from "../view/machine.ts";
import type { View } from "../view/view.ts";

/** 14 - Maintenance: everything can be updated and restarted without an outage. */
export const maintenance = check(14, "maintenance", {
  why: "what cannot be restarted safely does not get updated until it has to be",
  remedy: "set maintenance windows, disruption budgets and update strategies, and schedule the daily jobs",
  judge: (view) => [...scheduled(view), ...onCloudRun(view), ...onHost(view), ...inCluster(view)],
});

const scheduled = (view: View): Finding[] => {
  const jobs = backupsOf(view);
  return (["save", "check"] as const).map((action) =>
    demand(
      jobs.some((job) => job.action === action && job.daily),
      "stack",
      `no job is scheduled for the daily backup ${action}`,
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
        "it has no maintenance window, or not the agreed one, so the platform may restart it at any time",
      ),
    ),
  ...view
    .of(INSTANCE)
    .flatMap((machine) => [
      demand(
        textAt(machine.props, "scheduling.onHostMaintenance") === "MIGRATE" &&
          at(machine.props, "scheduling.automaticRestart") === true,
        machine,
        "it is terminated during host maintenance",
      ),
      demand(
        textAt(machine.props, "metadata.cos-update-strategy") === "update_enabled",
        machine,
        "automatic updates of its operating system are off",
      ),
    ]),
  ...view
    .of(SERVICE)
    .map((service) =>
      demand(
        textAt(service.props, "template.revision") !== undefined,
        service,
        "its revisions have no fixed names, so a rollback cannot name one",
      ),
    ),
];

/** On a host every container restarts automatically and has time to shut down. */
const onHost = (view: View): Finding[] =>
  view.containers
    .filter(({ resource, lasting }) => lasting && resource.type.startsWith("docker:"))
    .flatMap((container) => [
      demand(
        ["unless-stopped", "always"].includes(textAt(container.resource.props, "restart") ?? ""),
        container,
        "it does not restart with the host",
      ),
      demand(
        (numberAt(container.resource.props, "stopTimeout") ?? 0) > 0,
        container,
        "it has no stop timeout, so it cannot shut down gracefully",
      ),
    ]);

const inCluster = (view: View): Finding[] =>
  view
    .of("kubernetes:apps/v1:Deployment")
    .flatMap((deployment) => [
      demand(
        budgeted(deployment, view),
        deployment,
        "no usable PodDisruptionBudget covers its pods, so a node drain may evict all of them at once or none",
      ),
      demand(
        ["RollingUpdate", "Recreate"].includes(textAt(deployment.props, "spec.strategy.type") ?? ""),
        deployment,
        "it has no update strategy",
      ),
    ]);
