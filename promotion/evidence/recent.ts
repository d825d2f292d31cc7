import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Milliseconds } from "../../ecosystem/units.ts";
import type { RevisionCounts, ServiceCounts } from "../counts.ts";
import { clientsOf, holdsWithoutAnyone, suspects, withoutClients } from "./clients.ts";
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
  return holdsWithoutAnyone(clientsIn(windows, role), (leftOut) => holds(sumOf(windows, role, indicator, leftOut)));
}

/** Whether stable has shared a charge lately, judged by its failures over `bound`: the least that holds also without any one of its clients. */
export function sharingLately(recent: readonly Window[], indicator: Indicator, bound: number): Sharing {
  const windows = lately(recent);
  const sharingWithout = (leftOut: string) =>
    sharing(
      windows.map(({ counts }) => ({
        stable: sample(withoutClients(counts.stable, leftOut), indicator),
        candidate: sample(withoutClients(counts.candidate, leftOut), indicator),
      })),
      bound,
    );
  const found = suspects(clientsIn(windows, "stable")).map(sharingWithout);
  return ascending.find((one) => found.includes(one)) as Sharing;
}

/** From the least to the most reason to think that stable shares a charge. */
const ascending: readonly Sharing[] = ["not", "unclear", "perhaps", "surely"];

const clientsIn = (windows: readonly Window[], role: RevisionRole): string[] => [
  ...new Set(windows.flatMap(({ counts }) => clientsOf(counts[role]))),
];

const sumOf = (windows: readonly Window[], role: RevisionRole, indicator: Indicator, leftOut: string): BinomialSample =>
  windows
    .map(({ counts }) => sample(withoutClients(counts[role], leftOut), indicator))
    .reduce((a, b) => ({ requests: a.requests + b.requests, failures: a.failures + b.failures }), none);

const none: BinomialSample = { requests: 0, failures: 0 };

const sample = (counts: RevisionCounts, { bad }: Indicator): BinomialSample => sampleOf(total(counts), bad);
