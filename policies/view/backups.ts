import { type ServiceName, serviceNames } from "../../ecosystem/services.ts";
import { at, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import type { ContainerView } from "./container.ts";
import { INSTANCE } from "./machine.ts";
import type { View } from "./view.ts";
import { commandsOf } from "./words.ts";

/** One regular job on the backups, as its container and its schedule tell it. */
export type Backup = {
  resource: Resource;
  action: "save" | "check" | "vault";
  /** True where a schedule runs it at a time of every day. */
  daily: boolean;
  volumes: readonly ServiceName[];
  databases: readonly ServiceName[];
  keep: { daily: number; weekly: number; monthly: number };
  repository: string | undefined;
  vault: string | undefined;
};

/** The jobs of a stack: those that run with one of the backup's three actions. */
export const backupsOf = (view: Pick<View, "containers" | "of">): Backup[] =>
  view.containers.flatMap((container) => {
    const action = (["save", "check", "vault"] as const).find((one) => container.words.at(-1) === one);
    if (action === undefined) return [];
    const variables = variablesOf(container);
    const text = (name: string) => variables.get(name);
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

/** The place that a repository's name means: the bucket or the path, without what lies below it. */
export const placeOf = (repository: string): string => /^(?:gs|s3):([^:/]+)/.exec(repository)?.[1] ?? repository;

const every = /^\d{1,2} \d{1,2} \* \* \*$/;
const timeOfDay = /^\d{2}:\d{2}$/;

function isDaily({ resource, words, name }: ContainerView, view: Pick<View, "of">): boolean {
  const { type, props } = resource;
  if (type === "kubernetes:batch/v1:CronJob") {
    return every.test(textAt(props, "spec.schedule") ?? "") && at(props, "spec.suspend") !== true;
  }
  if (type === INSTANCE)
    return timers(props).some((timer) => timer.includes(name) && /^OnCalendar=\*-\*-\* \d\d:/m.test(timer));
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

/** The timers that a machine's script writes, each after its own name. */
const timers = (props: Resource["props"]): string[] =>
  commandsOf(wanted(props)).flatMap(([does, file = "", content = ""]) =>
    does === "file" && file.endsWith(".timer") ? [`${file}\n${content}`] : [],
  );

const wanted = (props: Resource["props"]): string => {
  const script = textAt(props, "metadata.singles") ?? "";
  return script.slice(script.lastIndexOf("\n# ---") + 1);
};

/** A container's plain variables; on a machine they lie in a file beside its unit. */
function variablesOf({ resource, variables, name }: ContainerView): Map<string, string> {
  const own = variables.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text] as const]));
  if (resource.type !== INSTANCE) return new Map(own);
  const beside = commandsOf(wanted(resource.props)).flatMap(([does, file = "", content = ""]) =>
    does === "file" && file.endsWith(`${name}.env`)
      ? content.split("\n").flatMap((line) => {
          const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
          return key === undefined || value === undefined ? [] : [[key, value] as const];
        })
      : [],
  );
  return new Map([...own, ...beside]);
}

/** `session-buddy=/volumes/session-buddy akosha=...` */
const storesIn = (text = ""): ServiceName[] => {
  const named = text.split(/\s+/).map((store) => store.split("=")[0]);
  return serviceNames.filter((name) => named.includes(name));
};
