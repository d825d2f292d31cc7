import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Milliseconds } from "../../ecosystem/units.ts";
import type { RevisionCounts, ServiceCounts } from "../counts.ts";
import { clientsOf, holdsWithoutAnyone, withoutClients } from "./clients.ts";
import { type Sharing, sharing } from "./shared-failure.ts";
import { type Indicator, sampleOf, total } from "./test-window.ts";
import type { Sample } from "./two-sample.ts";

/** What "lately" means. */
export const LATELY_MS: Milliseconds = 10_000;
/** How far back requests count as data. */
export const DATA_MS: Milliseconds = 30_000;

/** What one poll saw of both revisions, by source. */
export type Window = { at: number; counts: ServiceCounts };

/** The windows of the last ten seconds before the newest one. */
export function lately(recent: readonly Window[]): Window[] {
  const now = recent.at(-1)?.at ?? 0;
  return recent.filter(({ at }) => now - at < LATELY_MS);
}

/** What a revision met lately, as an indicator counts it. */
export const latelyOf = (recent: readonly Window[], role: RevisionRole, indicator: Indicator): Sample =>
  sumOf(lately(recent), role, indicator, "");

/** True when something holds for what a revision met lately, whoever of its clients is left out. */
export function holdsLately(
  recent: readonly Window[],
  role: RevisionRole,
  indicator: Indicator,
  holds: (sample: Sample) => boolean,
): boolean {
  const windows = lately(recent);
  const clients = new Set(windows.flatMap(({ counts }) => clientsOf(counts[role])));
  return holdsWithoutAnyone([...clients], (leftOut) => holds(sumOf(windows, role, indicator, leftOut)));
}

/** Whether stable shares a charge lately, as far as its failures over `bound` say. */
export const sharingLately = (recent: readonly Window[], indicator: Indicator, bound: number): Sharing =>
  sharing(
    lately(recent).map(({ counts }) => ({
      stable: sample(counts.stable, indicator),
      candidate: sample(counts.candidate, indicator),
    })),
    bound,
  );

const sumOf = (windows: readonly Window[], role: RevisionRole, indicator: Indicator, leftOut: string): Sample =>
  windows
    .map(({ counts }) => sample(withoutClients(counts[role], leftOut), indicator))
    .reduce((a, b) => ({ requests: a.requests + b.requests, failures: a.failures + b.failures }), none);

const none: Sample = { requests: 0, failures: 0 };

const sample = (counts: RevisionCounts, { bad }: Indicator): Sample => sampleOf(total(counts), bad);
