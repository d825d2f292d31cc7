import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Milliseconds } from "../../ecosystem/units.ts";
import type { RevisionCounts, ServiceCounts } from "../counts.ts";
import { clientsOf, holdsWithoutAnyone, withoutClients } from "./clients.ts";
import { type Sharing, sharing } from "./shared-failure.ts";
import { type Indicator, sampleOf, total } from "./test-window.ts";
import type { BinomialSample } from "./two-sample.ts";

/** The window that "lately" means. */
export const LATELY_MS: Milliseconds = 10_000;
/** The window in which a request must have arrived for the candidate to have data. */
export const DATA_MS: Milliseconds = 30_000;

/** One poll's counts of both revisions, by source. */
export type Window = { at: number; counts: ServiceCounts };

/** The polls of the last ten seconds before the newest one. */
export function lately(recent: readonly Window[]): Window[] {
  const now = recent.at(-1)?.at ?? 0;
  return recent.filter(({ at }) => now - at < LATELY_MS);
}

/** A revision's recent requests, as an indicator counts them. */
export const latelyOf = (recent: readonly Window[], role: RevisionRole, indicator: Indicator): BinomialSample =>
  sumOf(lately(recent), role, indicator, "");

/** True when a predicate holds for a revision's recent requests, also without any one of its clients. */
export function holdsLately(
  recent: readonly Window[],
  role: RevisionRole,
  indicator: Indicator,
  holds: (sample: BinomialSample) => boolean,
): boolean {
  const windows = lately(recent);
  const clients = new Set(windows.flatMap(({ counts }) => clientsOf(counts[role])));
  return holdsWithoutAnyone([...clients], (leftOut) => holds(sumOf(windows, role, indicator, leftOut)));
}

/** Whether stable has shared a charge lately, judged by its failures over `bound`. */
export const sharingLately = (recent: readonly Window[], indicator: Indicator, bound: number): Sharing =>
  sharing(
    lately(recent).map(({ counts }) => ({
      stable: sample(counts.stable, indicator),
      candidate: sample(counts.candidate, indicator),
    })),
    bound,
  );

const sumOf = (windows: readonly Window[], role: RevisionRole, indicator: Indicator, leftOut: string): BinomialSample =>
  windows
    .map(({ counts }) => sample(withoutClients(counts[role], leftOut), indicator))
    .reduce((a, b) => ({ requests: a.requests + b.requests, failures: a.failures + b.failures }), none);

const none: BinomialSample = { requests: 0, failures: 0 };

const sample = (counts: RevisionCounts, { bad }: Indicator): BinomialSample => sampleOf(total(counts), bad);
