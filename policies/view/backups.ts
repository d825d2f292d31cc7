import { type ServiceName, serviceNames } from "../../ecosystem/services.ts";
import { at, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import type { ContainerView } from "./container.ts";
import { INSTANCE, machineDescription } from "./machine.ts";
import type { View } from "./view.ts";

/** One backup job, read from its container and its schedule. */
export type Backup = {
  resource: Resource;
  action: "save" | "check" | "vault";
  /** Whether it is scheduled to run daily. */
  daily: boolean;
  volumes: readonly ServiceName[];
  databases: readonly ServiceName[];
  keep: { daily: number; weekly: number; monthly: number };
  repository: string | undefined;
  vault: string | undefined;
};

/** A stack's backup jobs: the containers that run one of the three actions. */
export const backupsOf = (view: Pick<View, "containers" | "of">): Backup[] =>
  view.containers.flatMap((container) => {
    const action = (["save", "check", "vault"] as const).find((one) => container.words.at(-1) === one);
    if (action === undefined) return [];
    const text = (name: string) => container.variables.find((variable) => variable.name === name)?.text;
    return [
      {
        resource: container.resource,
        action,
        daily: isDaily(container, view),
        volumes: storesIn(text("BACKUP_VOLUMES")),
        databases: storesIn(text("BACKUP_DATABASES")),
        keep: {
          daily: Number(text("BACKUP_KEEP_DAILY") ?? 0),
          weekly: Number(text("BACKUP_KEEP_WEEKLY") ?? 0),
          monthly: Number(text("BACKUP_KEEP_MONTHLY") ?? 0),
        },
        repository: text("RESTIC_REPOSITORY"),
        vault: text("BACKUP_VAULT"),
      },
    ];
  });

/** The bucket or path of a repository, without the folder in it. */
export const locationOf = (repository: string): string => /^(?:gs|s3):([^:/]+)/.exec(repository)?.[1] ?? repository;

const every = /^\d{1,2} \d{1,2} \* \* \*$/;
const timeOfDay = /^\d{2}:\d{2}$/;

function isDaily({ resource, words, name }: ContainerView, view: Pick<View, "of">): boolean {
  const { type, props } = resource;
  if (type === "kubernetes:batch/v1:CronJob") {
    return every.test(textAt(props, "spec.schedule") ?? "") && at(props, "spec.suspend") !== true;
  }
  if (type === INSTANCE) return timeOfDay.test(textAt(machineDescription(resource), "backup.dailyAt") ?? "");
  if (type.startsWith("docker:")) {
    const scheduled = words.indexOf("schedule");
    return scheduled >= 0 && timeOfDay.test(words[scheduled + 1] ?? "");
  }
  return view
    .of("gcp:cloudscheduler/job:Job")
    .some(
      (schedule) =>
        textAt(schedule.props, "httpTarget.uri")?.endsWith(`/jobs/${name}:run`) === true &&
        at(schedule.props, "paused") !== true &&
        every.test(textAt(schedule.props, "schedule") ?? ""),
    );
}

/** `session-buddy=/volumes/session-buddy akosha=...` */
const storesIn = (text = ""): ServiceName[] => {
  const named = text.split(/\s+/).map((store) => store.split("=")[0]);
  return serviceNames.filter((name) => named.includes(name));
};
