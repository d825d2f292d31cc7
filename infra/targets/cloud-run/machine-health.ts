import { readFileSync } from "node:fs";

/** Where the stable of a single service says on the machine whether it is well. */
export type HealthScript = { service: string; address: string };

/** The timer that makes the machine tell of its single services. */
export const healthTimer = "health.timer";

/**
 * The files that make the machine tell Google's monitoring each minute of its single services, by path. They know neither
 * revisions nor containers, so that a release changes nothing in what is told.
 */
export const machineHealth = (project: string, asked: readonly HealthScript[]): Record<string, string> => ({
  "/etc/singles/health.sh": lines([
    machineScripts.google,
    machineScripts.health,
    `project=${project}`,
    ...asked.map(({ service, address }) => `tell ${service} ${address}`),
    '[ -z "$failed" ]',
  ]),
  "/etc/systemd/system/health.service": lines([
    "[Unit]",
    "Description=Tell of the single services",
    "[Service]",
    "Type=oneshot",
    "TimeoutStartSec=50s",
    "ExecStart=/bin/bash /etc/singles/health.sh",
  ]),
  [`/etc/systemd/system/${healthTimer}`]: lines([
    "[Unit]",
    "Description=Tell of the single services each minute",
    "[Timer]",
    "OnCalendar=minutely",
    "AccuracySec=1s",
    "[Install]",
    "WantedBy=timers.target",
  ]),
});

const script = (name: string) => readFileSync(new URL(`./machine/${name}.sh`, import.meta.url), "utf8").trimEnd();
const machineScripts = { google: script("google"), health: script("health") };

const lines = (all: string[]): string => `${all.join("\n")}\n`;
