import { readFileSync } from "node:fs";

/** The health check of a single service's stable on the VM. */
export type HealthScript = { service: string; address: string };

/** The timer with which the VM reports its single services. */
export const healthTimer = "health.timer";

/**
 * The files with which the VM reports its single services to Google Cloud Monitoring every minute, by path. They name no
 * revision and no container, so a release does not change them.
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
    "Description=Report the health of the single services",
    "[Service]",
    "Type=oneshot",
    "TimeoutStartSec=50s",
    "ExecStart=/bin/bash /etc/singles/health.sh",
  ]),
  [`/etc/systemd/system/${healthTimer}`]: lines([
    "[Unit]",
    "Description=Report the health of the single services every minute",
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
