import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { maintenanceWindow } from "../../../ecosystem/retention.ts";

/**
 * The cloud-init of the single services' VM, the same for every release: it watches its metadata, and reboots in the
 * maintenance window when a system update is pending. Nothing on its system disk is kept.
 */
export const cloudInit = (): string => `#cloud-config\n${stringify({ write_files: files, runcmd }, { lineWidth: 0 })}`;

const watch = readFileSync(new URL("./machine/watch.sh", import.meta.url), "utf8");

const unit = (sections: Record<string, string[]>): string =>
  Object.entries(sections)
    .map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`)
    .join("");

const { day, hour, minute } = maintenanceWindow;
const window = `${day[0]}${day.slice(1, 3).toLowerCase()} *-*-* ${hour}:${minute}:00 UTC`;

const written = {
  // not executable: the scripts are run by their interpreter, because the system mounts most file systems noexec
  "/etc/singles/watch.sh": watch,
  "/etc/systemd/system/singles.service": unit({
    Unit: [
      "Description=Apply the workload described in the metadata of this machine",
      "Wants=network-online.target",
      "After=network-online.target docker.service",
    ],
    Service: ["ExecStart=/bin/bash /etc/singles/watch.sh", "Restart=always", "RestartSec=5"],
  }),
  "/etc/systemd/system/update.service": unit({
    Unit: ["Description=Reboot if a system update is pending"],
    Service: [
      "Type=oneshot",
      "ExecStart=/bin/bash -c 'update_engine_client --is_reboot_needed && systemctl reboot || true'",
    ],
  }),
  "/etc/systemd/system/update.timer": unit({
    Unit: ["Description=Maintenance window"],
    Timer: [`OnCalendar=${window}`],
  }),
};

const files = Object.entries(written).map(([path, content]) => ({ path, permissions: "0644", content }));

const runcmd = [
  ["systemctl", "daemon-reload"],
  ["systemctl", "start", "--no-block", "singles.service", "update.timer"],
];
