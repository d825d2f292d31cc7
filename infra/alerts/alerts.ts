import { objectives } from "../../ecosystem/objectives.ts";
import type { Fraction } from "../../ecosystem/units.ts";
import type { PromWindow } from "./promql.ts";

/**
 * P1 pages at once, P2 pages and opens a ticket, P3 opens a ticket for the next business day, P4 one for the next sprint
 * (incident guide). The receivers of each are in the stack's settings, under `alerts`.
 */
export const priorities = ["P1", "P2", "P3", "P4"] as const;
export type Priority = (typeof priorities)[number];

/** An alert's text, the same on every target. `for` is how long its condition must hold. */
export type Alert = { priority: Priority; for: PromWindow; summary: string; description: string };

const percent = (fraction: Fraction) => `${Number((100 * fraction).toPrecision(6))} %`;
const seconds = (ms: number) => `${ms / 1000} s`;

/** Lowest free space of a disk or volume, as a fraction. Operations guide, P1: disk free < 20 %. */
export const LEAST_FREE = 0.2;

/** Days before expiry at which a renewal is overdue: automatic renewal happens 30 days before. */
export const CERTIFICATE_DAYS = 14;

/**
 * Burn rates: `factor` times the rate that spends the error budget in exactly 30 days, over both windows. The long window
 * gives significance, the short one resolves the alert soon after the fault ends (Google's SRE workbook, chapter 5).
 */
export const burns = {
  ErrorBudgetBurn14x: { factor: 14.4, long: "1h", short: "5m" },
  ErrorBudgetBurn6x: { factor: 6, long: "6h", short: "30m" },
  ErrorBudgetBurn3x: { factor: 3, long: "1d", short: "2h" },
  ErrorBudgetBurn1x: { factor: 1, long: "3d", short: "6h" },
} as const satisfies Record<string, { factor: number; long: PromWindow; short: PromWindow }>;

/** Fewer failed, slow or refused requests than this in a window are noise at low traffic. */
export const FEWEST_REQUESTS = 5;

const burning = (name: keyof typeof burns, lasts: string) => {
  const { factor, long, short } = burns[name];
  return {
    summary: `burning the error budget ${factor === 1 ? "faster than" : `${factor} times as fast as`} the objective allows`,
    description: `More than ${percent(factor * objectives.errorRatio)} of users' requests failed over ${long} and over ${short}. At this rate the 30-day error budget ${lasts}.`,
  };
};

/** All alerts, by name; the name is also the heading in docs/runbooks/alerts.md. */
export const alerts = {
  ServiceDown: {
    priority: "P1",
    for: "1m",
    summary: "not responding",
    description: "No instance that serves users has responded for a minute.",
  },
  ErrorBudgetBurn14x: { priority: "P1", for: "2m", ...burning("ErrorBudgetBurn14x", "is spent in two days") },
  ErrorBudgetBurn6x: { priority: "P2", for: "15m", ...burning("ErrorBudgetBurn6x", "is spent in five days") },
  ErrorBudgetBurn3x: { priority: "P3", for: "1h", ...burning("ErrorBudgetBurn3x", "is spent in ten days") },
  ErrorBudgetBurn1x: { priority: "P4", for: "3h", ...burning("ErrorBudgetBurn1x", "is spent before the 30 days end") },
  LatencyHigh: {
    priority: "P2",
    for: "10m",
    summary: `p95 latency above ${seconds(objectives.p95Ms)}`,
    description: `p95 latency has exceeded its objective of ${seconds(objectives.p95Ms)} for ten minutes.`,
  },
  ServiceRefusing: {
    priority: "P1",
    for: "5m",
    summary: "refusing every request",
    description:
      "For five minutes the server has refused every request, also those of clients that it served within the last day.",
  },
  NoData: {
    priority: "P2",
    for: "10m",
    summary: "no data for 10 minutes",
    description: "Metrics that other alerts depend on have been missing for ten minutes, so those alerts cannot fire.",
  },
  MemoryHigh: {
    priority: "P2",
    for: "10m",
    summary: `memory usage above ${percent(objectives.memoryRatio)}`,
    description: `Memory usage has exceeded ${percent(objectives.memoryRatio)} for ten minutes; processes exceeding the limit are OOM-killed.`,
  },
  DiskFull: {
    priority: "P1",
    for: "10m",
    summary: `less than ${percent(LEAST_FREE)} of disk space free`,
    description: `Free space has been below ${percent(LEAST_FREE)} for ten minutes; a database stops when its disk is full.`,
  },
  CertificateExpiry: {
    priority: "P3",
    for: "1h",
    summary: `TLS certificate expires in less than ${CERTIFICATE_DAYS} days, or its expiry is not reported`,
    description: "Automatic renewal is overdue. Once the certificate expires, clients cannot connect.",
  },
  BackupFailed: {
    priority: "P1",
    for: "1h",
    summary: "last backup, repository check or vault copy failed",
    description: "The last run failed, and an hour later no run has succeeded.",
  },
  BackupOld: {
    priority: "P2",
    for: "1h",
    summary: `no successful backup, check or vault copy for more than ${objectives.recoveryPointHours} h`,
    description: `A disaster now would lose more than ${objectives.recoveryPointHours} h of data, the recovery point objective.`,
  },
  PromotionHeld: {
    priority: "P3",
    for: "6h",
    summary: "new sessions split between two revisions for 6 hours",
    description: "No promotion step takes this long: the promotion is held or was interrupted, and needs a decision.",
  },
  DeadMan: {
    priority: "P1",
    for: "0s",
    summary: "alerting works",
    description:
      "Always firing. Its receiver raises the alarm when it stops, because then no other alert would arrive either.",
  },
} as const satisfies Record<string, Alert>;

export type AlertName = keyof typeof alerts;

/** The alert's runbook, as a path in this repository. */
export const runbookOf = (alert: AlertName): string => `docs/runbooks/alerts.md#${alert.toLowerCase()}`;
