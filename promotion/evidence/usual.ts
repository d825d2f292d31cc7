import { addRevisions, noCounts, type RevisionCounts } from "../counts.ts";
import { clientsOf, holdsWithoutAnyone, withoutClients } from "./clients.ts";
import { holdsLately, LATELY_MS, lately, latelyOf, type Window } from "./recent.ts";
import { surelyOver, unequal } from "./shared-failure.ts";
import { type Indicator, indicators, sampleOf, total } from "./test-window.ts";
import type { Sample } from "./two-sample.ts";

/** What stable met since the promotion began, up to ten seconds ago and without its outages: how a service fails that is not perfect. */
export type Usual = RevisionCounts;

/** Nothing known of stable yet. */
export const startUsual = (): Usual => ({ user: noCounts, probe: noCounts });

/** A stable that fails more than this is out of order, however long it has been so. One that is slow may just be a slow service. */
const OUT_OF_ORDER = 0.1;

/** Takes in the windows that are over ten seconds old at `at`, unless stable fails more than usual right now: that is an outage, not a habit. */
export function observeUsual(usual: Usual, recent: readonly Window[], at: number): Usual {
  const aged = lately(recent).filter((window) => at - window.at >= LATELY_MS && !isOutOfOrder([window]));
  if (aged.length === 0 || isOutOfOrder(recent) || indicators.some((indicator) => unusual(usual, recent, indicator)))
    return usual;
  return aged.map(({ counts }) => counts.stable).reduce(addRevisions, usual);
}

/** True when stable usually fails at more than `bound`, by evidence and whoever of its clients is left out. */
export const usuallyOver = (usual: Usual, indicator: Indicator, bound: number): boolean =>
  holdsWithoutAnyone(clientsOf(usual), (leftOut) =>
    surelyOver(sampleOf(total(withoutClients(usual, leftOut)), indicator.bad), bound),
  );

/** Stable's usual failure rate (a fraction), as an indicator counts it. */
export function usualRate(usual: Usual, { bad }: Indicator): number {
  const { requests, failures } = sampleOf(total(usual), bad);
  return requests === 0 ? 0 : failures / requests;
}

/** From which failure rate on stable counts as out of order: the indicator's bound, or twice what it usually fails where that is over the bound. */
export const outageBound = (usual: Usual, indicator: Indicator): number =>
  usuallyOver(usual, indicator, indicator.bound)
    ? Math.min(MOST, Math.max(indicator.bound, Number((2 * usualRate(usual, indicator)).toPrecision(2))))
    : indicator.bound;

/** A rate over which the one-sample test still has rates to bet on. */
const MOST = 0.85;

const isOutOfOrder = (recent: readonly Window[]): boolean =>
  surelyOver(latelyOf(recent, "stable", errors), OUT_OF_ORDER);

const errors = indicators[0] as Indicator;

const unusual = (usual: Usual, recent: readonly Window[], indicator: Indicator): boolean => {
  if (latelyOf(recent, "stable", indicator).failures === 0) return false;
  const before: Sample = sampleOf(total(usual), indicator.bad);
  // the roles of the comparison: stable before, and stable now
  return holdsLately(recent, "stable", indicator, (now) => unequal([{ stable: before, candidate: now }]));
};
