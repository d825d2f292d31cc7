import { objectives } from "../../ecosystem/objectives.ts";
import { logLikelihoodRatio, ratesOver } from "./exceedance.ts";
import { logMeanExp } from "./numbers.ts";
import type { Sample } from "./two-sample.ts";

const BOUND = objectives.errorRatio;
/** In ten thousand polls of a service at the bound the detector is expected to alarm once. */
const LOG_THRESHOLD = Math.log(1e4);
const FAILING_POLLS = 3;

/** The detector of the bake: one CUSUM for each rate over the bound, and the failing polls since all of them were at rest. */
export type BakeDetector = { logs: number[]; failingPolls: number };

/** A detector at rest. */
export const startBakeDetector = (): BakeDetector => ({ logs: ratesOver(BOUND).map(() => 0), failingPolls: 0 });

/**
 * Takes in the counts of one poll: once a poll, not once a request, or a healthy service would alarm far too often.
 * Source: Shin, Ramdas, Rinaldo, "E-detectors" (arXiv 2203.03532).
 */
export function observeBake(bake: BakeDetector, { requests, failures }: Sample): BakeDetector {
  const rates = ratesOver(BOUND);
  const logs = bake.logs.map(
    (log, i) => Math.max(0, log) + logLikelihoodRatio(rates[i] as number, BOUND, failures, requests),
  );
  const atRest = logs.every((log) => log <= 0);
  return { logs, failingPolls: atRest ? 0 : bake.failingPolls + (failures > 0 ? 1 : 0) };
}

/** What a test has seen and what it needs to convict, as natural logarithms of e-values. */
export type Reading = { logE: number; logThreshold: number };

/** Where the detector stands. */
export const readBake = ({ logs }: BakeDetector): Reading => ({ logE: logMeanExp(logs), logThreshold: LOG_THRESHOLD });

/** The detector's evidence once enough polls have failed for it to alarm at all; until then none. */
export const alarmingEvidence = ({ logs, failingPolls }: BakeDetector): number =>
  failingPolls >= FAILING_POLLS ? logMeanExp(logs) : Number.NEGATIVE_INFINITY;

/** True when the evidence says that the failures since the detector was at rest are more than a healthy service has. */
export const bakeAlarms = (evidence: number): boolean => evidence >= LOG_THRESHOLD;
