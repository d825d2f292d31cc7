import { addRevisions, noCounts, type RevisionCounts } from "../counts.ts";
import { clientsOf, holdsWithoutAnyone, withoutClients } from "./clients.ts";
import { holdsLately, LATELY_MS, lately, latelyOf, type Window } from "./recent.ts";
import { surelyOver, unequal } from "./shared-failure.ts";
import { type Indicator, indicators, sampleOf, total } from "./test-window.ts";
import type { BinomialSample } from "./two-sample.ts";

/** Stable's counts since the promotion began, up to ten seconds ago and without outages: the baseline of an imperfect service. */
export type Usual = RevisionCounts;

/** No baseline yet. */
export const startUsual = (): Usual => ({ user: noCounts, probe: noCounts });

/** A stable that fails more than this is broken, for however long it has been so. A slow one may just be a slow service. */
const OUT_OF_ORDER = 0.1;

/** Adds the polls older than ten seconds at `at`, unless stable currently fails more than usual: that is an outage, not its baseline. */
export function observeUsual(usual: Usual, recent: readonly Window[], at: number): Usual {
  const aged = lately(recent).filter((window) => at - window.at >= LATELY_MS && !isOutOfOrder([window]));
  if (aged.length === 0 || isOutOfOrder(recent) || indicators.some((indicator) => unusual(usual, recent, indicator)))
    return usual;
  return aged.map(({ counts }) => counts.stable).reduce(addRevisions, usual);
}

/** True when stable usually fails at more than `bound`, by evidence that holds without any one of its clients. */
export const usuallyOver = (usual: Usual, indicator: Indicator, bound: number): boolean =>
  holdsWithoutAnyone(clientsOf(usual), (leftOut) =>
    surelyOver(sampleOf(total(withoutClients(usual, leftOut)), indicator.bad), bound),
  );

/** Stable's usual failure rate (a fraction), as an indicator counts it. */
export function usualRate(usual: Usual, { bad }: Indicator): number {
  const { requests, failures } = sampleOf(total(usual), bad);
  return requests === 0 ? 0 : failures / requests;
}

/** The failure rate from which stable counts as failing: the indicator's bound, or twice its usual rate when that exceeds the bound. */
export const outageBound = (usual: Usual, indicator: Indicator): number =>
  usuallyOver(usual, indicator, indicator.bound)
    ? Math.min(MOST, Math.max(indicator.bound, Number((2 * usualRate(usual, indicator)).toPrecision(2))))
    : indicator.bound;

/** Above this rate the one-sample test has no higher rates left to bet on. */
const MOST = 0.85;

const isOutOfOrder = (recent: readonly Window[]): boolean =>
  surelyOver(latelyOf(recent, "stable", errors), OUT_OF_ORDER);

const errors = indicators[0] as Indicator;

const unusual = (usual: Usual, recent: readonly Window[], indicator: Indicator): boolean => {
  if (latelyOf(recent, "stable", indicator).failures === 0) return false;
  const before: BinomialSample = sampleOf(total(usual), indicator.bad);
  // stable in both roles of the comparison: before, and now
  return holdsLately(recent, "stable", indicator, (now) => unequal([{ stable: before, candidate: now }]));
};
