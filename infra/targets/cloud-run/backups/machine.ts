import { schedules } from "../../../../ecosystem/retention.ts";
import type { Secret } from "../../../../ecosystem/secrets.ts";
import { environmentOf, layout, scratchFolder } from "../../../backups/environment.ts";
import { type Backed, backupJobs, timeOf } from "../../../backups/jobs.ts";
import { backupJobName } from "../../../names.ts";
import {
  confinement,
  confinementOptions,
  type MachineContainer,
  type MachineMount,
  machineFolders,
  memoryOptions,
  mountOption,
} from "../machine-container.ts";

/** The container that backs up the single services' volumes on their VM, and its schedule. */
export type MachineBackup = MachineContainer & {
  /** The secrets it reads from files. */
  secrets: Secret[];
  /** `02:00`, in UTC. */
  dailyAt: string;
};

/**
 * Describes the backup of a stack's VM: the same container as on the other targets; undefined if the VM has no volume. The
 * VM's identity is one of the writers. The log goes to Cloud Logging, which the backup series are derived from.
 */
export function backupContainer(backed: Backed<"cloud-run">): MachineBackup | undefined {
  const job = backupJobs(backed).find(({ action, volumes }) => action === "save" && volumes.length > 0);
  if (!job) return undefined;
  const mount = (source: string, target: string, readOnly = true): MachineMount => ({
    ...{ type: "bind", source, target, readOnly },
  });
  return {
    ...{ name: backupJobName(job), image: backed.settings.backups.image },
    ...confinement,
    ...{ memoryMi: 512, processes: 64 },
    environment: environmentOf(job, backed),
    mounts: [
      ...job.secrets.map((secret) => mount(`${machineFolders.secrets("backup")}/${secret}`, layout.secret(secret))),
      ...job.volumes.map((service) => mount(machineFolders.volume(service), layout.volume(service))),
      mount(machineFolders.scratch, scratchFolder, false),
    ],
    ...{ secrets: job.secrets, command: [job.action], dailyAt: timeOf(schedules.backup) },
  };
}

/** The systemd timer of the VM's backup. */
export const backupTimer = ({ name }: MachineBackup): string => `${name}.timer`;

/** The systemd files of the VM's nightly backup, by path. */
export function backupFiles(backup: MachineBackup): Record<string, string> {
  const { name, image, environment, mounts, command, dailyAt, processes } = backup;
  const variables = `/etc/mahavishnu/${name}.env`;
  const run = [
    "/usr/bin/docker run --rm",
    `--name=${name}`,
    "--log-driver=gcplogs",
    // the metadata server is blocked on the containers' network, and this job uses the VM's identity
    "--network=host",
    confinementOptions(backup).join(" "),
    [...memoryOptions(backup), `--pids-limit=${processes}`].join(" "),
    `--env-file=${variables}`,
    ...mounts.map(mountOption),
    `${image} ${command.join(" ")}`,
  ];
  return {
    [variables]: lines(Object.entries(environment).map(([key, value]) => `${key}=${value}`)),
    [`/etc/systemd/system/${name}.service`]: lines([
      "[Unit]",
      "Description=Save the volumes of the single services",
      "Wants=network-online.target",
      "After=docker.service network-online.target",
      "[Service]",
      "Type=oneshot",
      "TimeoutStartSec=2h",
      `ExecStartPre=-/usr/bin/docker rm --force ${name}`,
      `ExecStart=${run.join(" \\\n  ")}`,
    ]),
    [`/etc/systemd/system/${backupTimer(backup)}`]: lines([
      "[Unit]",
      "Description=Save the volumes of the single services each night",
      "[Timer]",
      `OnCalendar=*-*-* ${dailyAt}:00 UTC`,
      // catches up after a missed night
      "Persistent=true",
      "[Install]",
      "WantedBy=timers.target",
    ]),
  };
}

const lines = (all: string[]): string => `${all.join("\n")}\n`;
