import { schedules } from "../../../../ecosystem/retention.ts";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import { environmentOf, layout, scratchFolder } from "../../../backups/environment.ts";
import { type Backed, backupJobs, timeOf } from "../../../backups/jobs.ts";
import { backupJobName } from "../../../names.ts";

/** What the machine of the single services has to tell: where its secrets and volumes lie, and where there is room. */
export type MachineFolders = { secrets: string; volume(service: ServiceName): string; scratch: string };

/**
 * The files that make a machine save its single services' volumes each night, by path, for its cloud-init: a systemd
 * timer that runs the very container of the other targets, as user 10001, whose `scratch` it must be. Empty where nothing
 * is saved there. The machine enables `backup-volumes.timer`; its identity is one of the writers, and its log goes to
 * Cloud Logging, where the series are read from.
 */
export function machineBackup(backed: Backed<"cloud-run">, folders: MachineFolders): Record<string, string> {
  const job = backupJobs(backed).find(({ action, volumes }) => action === "save" && volumes.length > 0);
  if (!job) return {};
  const name = backupJobName(job);
  const environment = `/etc/mahavishnu/${name}.env`;
  const mount = (from: string, to: string, how = ",readonly") => `--mount=type=bind,source=${from},target=${to}${how}`;
  const run = [
    "/usr/bin/docker run --rm",
    `--name=${name}`,
    "--log-driver=gcplogs",
    // the machine's identity is kept from its containers' network, and this one acts in its name
    "--network=host",
    "--user=10001:10001 --read-only --cap-drop=ALL --security-opt=no-new-privileges",
    "--memory=512m --memory-swap=512m --pids-limit=64",
    `--env-file=${environment}`,
    ...job.secrets.map((secret) => mount(`${folders.secrets}/${secret}`, layout.secret(secret))),
    ...job.volumes.map((service) => mount(folders.volume(service), layout.volume(service))),
    mount(folders.scratch, scratchFolder, ""),
    `${backed.settings.backups.image} ${job.action}`,
  ];
  return {
    [environment]: lines(Object.entries(environmentOf(job, backed)).map(([key, value]) => `${key}=${value}`)),
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
    [`/etc/systemd/system/${name}.timer`]: lines([
      "[Unit]",
      "Description=Save the volumes of the single services each night",
      "[Timer]",
      `OnCalendar=*-*-* ${timeOf(schedules.backup)}:00 UTC`,
      // a night that the machine missed is made up for
      "Persistent=true",
      "[Install]",
      "WantedBy=timers.target",
    ]),
  };
}

const lines = (all: string[]): string => `${all.join("\n")}\n`;
