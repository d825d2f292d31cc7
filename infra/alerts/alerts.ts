import { objectives } from "../../ecosystem/objectives.ts";
import type { PromWindow } from "./promql.ts";

/**
 * P1 pages at once, P2 pages and opens a ticket, P3 opens a ticket for the next business day, P4 one for the next sprint
 * (incident guide). Who is meant by each stands in a stack's settings under `alerts`.
 */
export const priorities = ["P1", "P2", "P3", "P4"] as const;
export type Priority = (typeof priorities)[number];

/** What an alert says, wherever it is evaluated. `for` is how long its condition must hold. */
export type Alert = { priority: Priority; for: PromWindow; summary: string; description: string };

const percent = (fraction: number) => `${Number((100 * fraction).toPrecision(6))} %`;
const seconds = (ms: number) => `${ms / 1000} s`;

/** Free space of a disk or volume, as a part of it. Operations guide, P1: disk free < 20 %. */
export const LEAST_FREE = 0.2;

/** Days before its end at which a certificate is late: those that are renewed by themselves are so 30 days before. */
export const CERTIFICATE_DAYS = 14;

/**
 * How fast an error budget may burn: `factor` times as fast as it would last the 30 days, over both windows, the long one
 * for weight and the short one so that it ends when the fault does (Google's SRE workbook, chapter 5).
 */
export const burns = {
  ErrorBudgetBurn14x: { factor: 14.4, long: "1h", short: "5m" },
  ErrorBudgetBurn6x: { factor: 6, long: "6h", short: "30m" },
  ErrorBudgetBurn3x: { factor: 3, long: "1d", short: "2h" },
  ErrorBudgetBurn1x: { factor: 1, long: "3d", short: "6h" },
} as const satisfies Record<string, { factor: number; long: PromWindow; short: PromWindow }>;

/** Fewer failures than this in a long window are bad luck with a few requests, not a budget that burns. */
export const FEWEST_FAILURES = 5;

const burning = (name: keyof typeof burns, lasts: string) => {
  const { factor, long, short } = burns[name];
  return {
    summary: `users' requests fail ${factor === 1 ? "more often than" : `${factor} times as often as`} promised`,
    description: `More than ${percent(factor * objectives.errorRatio)} of the requests failed over ${long} and over ${short}. At this pace the error budget of 30 days ${lasts}.`,
  };
};

/** Every alert there is, by its name, which is also its heading in docs/runbooks/alerts.md. */
export const alerts = {
  ServiceDown: {
    priority: "P1",
    for: "1m",
    summary: "does not answer",
    description: "No instance that users depend on has answered for a minute.",
  },
  ErrorBudgetBurn14x: { priority: "P1", for: "2m", ...burning("ErrorBudgetBurn14x", "is gone in two days") },
  ErrorBudgetBurn6x: { priority: "P2", for: "15m", ...burning("ErrorBudgetBurn6x", "is gone in five days") },
  ErrorBudgetBurn3x: { priority: "P3", for: "1h", ...burning("ErrorBudgetBurn3x", "is gone in ten days") },
  ErrorBudgetBurn1x: { priority: "P4", for: "3h", ...burning("ErrorBudgetBurn1x", "does not last them") },
  LatencyHigh: {
    priority: "P2",
    for: "10m",
    summary: `the slowest of twenty requests take ${seconds(objectives.p95Ms)} or more`,
    description: `p95 has been over its objective of ${seconds(objectives.p95Ms)} for ten minutes.`,
  },
  NoData: {
    priority: "P2",
    for: "10m",
    summary: "tells nothing any more",
    description: "Series that other alerts are made of have not arrived for ten minutes, so those alerts are blind.",
  },
  MemoryHigh: {
    priority: "P2",
    for: "10m",
    summary: `uses more than ${percent(objectives.memoryRatio)} of its memory`,
    description: `For ten minutes more than ${percent(objectives.memoryRatio)} has been in use; who needs more than there is gets killed.`,
  },
  DiskFull: {
    priority: "P1",
    for: "10m",
    summary: `has less than ${percent(LEAST_FREE)} of its space left`,
    description: `For ten minutes less than ${percent(LEAST_FREE)} has been free; a database that finds no space stops.`,
  },
  CertificateExpiry: {
    priority: "P3",
    for: "1h",
    summary: `the certificate ends in less than ${CERTIFICATE_DAYS} days, or nobody tells when`,
    description: "Its renewal should have happened long ago; when it ends, no client connects any more.",
  },
  BackupFailed: {
    priority: "P1",
    for: "1h",
    summary: "the last backup, check or copy into the vault failed",
    description: "The last run has not succeeded, and an hour later there is still no success.",
  },
  BackupOld: {
    priority: "P2",
    for: "1h",
    summary: `has not been saved, checked or copied for more than ${objectives.recoveryPointHours} h`,
    description: `A disaster would now cost more than the ${objectives.recoveryPointHours} h of data that are promised.`,
  },
  PromotionHeld: {
    priority: "P3",
    for: "6h",
    summary: "new sessions have been split between two revisions for hours",
    description:
      "No step of a promotion lasts this long: it was held or interrupted, and waits for somebody to decide.",
  },
  DeadMan: {
    priority: "P1",
    for: "0s",
    summary: "alerting works",
    description:
      "Fires as long as anything is watched. Who receives it raises the alarm when it stops: then no other alert arrives either.",
  },
} as const satisfies Record<string, Alert>;

export type AlertName = keyof typeof alerts;

/** Where in this repository an alert is explained. */
export const runbookOf = (alert: AlertName): string => `docs/runbooks/alerts.md#${alert.toLowerCase()}`;
