import { objectives } from "../../ecosystem/objectives.ts";
import { logLikelihoodRatio, ratesOver } from "./exceedance.ts";
import { logMeanExp } from "./numbers.ts";
import type { BinomialSample } from "./two-sample.ts";

const BOUND = objectives.errorRatio;
/** For a service exactly at the bound, the detector is expected to alarm once in ten thousand polls. */
const LOG_THRESHOLD = Math.log(1e4);
const FAILING_POLLS = 3;

/** The bake's detector: one CUSUM for each rate over the bound, and the failing polls since all of them were last at zero. */
export type BakeDetector = { logs: number[]; failingPolls: number };

/** A detector at zero. */
export const startBakeDetector = (): BakeDetector => ({ logs: ratesOver(BOUND).map(() => 0), failingPolls: 0 });

/**
 * Adds the counts of one poll. Updating per request instead of per poll would alarm far too often on a healthy service.
 * Source: Shin, Ramdas, Rinaldo, "E-detectors" (arXiv 2203.03532).
 */
export function observeBake(bake: BakeDetector, { requests, failures }: BinomialSample): BakeDetector {
  const rates = ratesOver(BOUND);
  const logs = bake.logs.map(
    (log, i) => Math.max(0, log) + logLikelihoodRatio(rates[i] as number, BOUND, failures, requests),
  );
  const atRest = logs.every((log) => log <= 0);
  return { logs, failingPolls: atRest ? 0 : bake.failingPolls + (failures > 0 ? 1 : 0) };
}

/** A test's evidence and the evidence it needs to convict, as natural logarithms of e-values. */
export type Reading = { logE: number; logThreshold: number };

/** The detector's current statistic. */
export const readBake = ({ logs }: BakeDetector): Reading => ({ logE: logMeanExp(logs), logThreshold: LOG_THRESHOLD });

/** The detector's evidence once enough polls have failed for an alarm; zero before that. */
export const alarmingEvidence = ({ logs, failingPolls }: BakeDetector): number =>
  failingPolls >= FAILING_POLLS ? logMeanExp(logs) : Number.NEGATIVE_INFINITY;

/** True when a healthy service would not have failed this often since the detector was last at zero. */
export const bakeAlarms = (evidence: number): boolean => evidence >= LOG_THRESHOLD;
