import { addCounts, type Counts, noCounts } from "../promotion/counts.ts";
import type { Begun, Event } from "../promotion/events.ts";
import { type CandidateEvidence, certificateEvidence, strongestCharge } from "../promotion/evidence/candidate.ts";
import { confidenceBand } from "../promotion/evidence/index.ts";
import { currentStep, fold, type State, step } from "../promotion/state.ts";
import { type TrafficMeasure, TrafficMeter } from "./traffic.ts";

/**
 * The charts' measures. Shares in percent; users' failure rates in percent since the step began, with the candidate's 95 % band;
 * `certificate` is an e-value; `charge` is the strongest conviction test's e-value relative to its threshold, so it convicts at 1.
 */
export type Measure = "share" | "wanted" | TrafficMeasure | EvidenceMeasure;
type EvidenceMeasure = "stableRate" | "candidateRate" | "lower" | "upper" | "bound" | "certificate" | "charge";

/** One moment, `x` seconds after the promotion began. A measure is null if it was polled but has no value, and missing if it was not polled. */
export type Point = { x: number; unseen?: true } & { [measure in Measure]?: number | null };

/** Evidence is clamped to this range in the charts. */
export const [LEAST, MOST] = [1e-9, 1e12];

/** A promotion's measures at every event, recomputed with the promotion's own fold. */
export function readSeries([begun, ...events]: readonly [Begun, ...Event[]]): Point[] {
  const meter = new TrafficMeter();
  let before = fold([begun]);
  return events.map((event) => {
    const after = step(before, event);
    const point = { x: (event.at - begun.at) / 1000, share: after.inForce ?? 0, wanted: after.wanted };
    const more = readEvent(event, before, after, meter);
    before = after;
    return { ...point, ...more };
  });
}

function readEvent(event: Event, before: State, after: State, meter: TrafficMeter): Partial<Point> {
  switch (event.event) {
    case "in-force":
      if (!event.baseline.silent) meter.begin(event.baseline, event.at);
      return restarted;
    case "resumed":
      meter.forget();
      return { unseen: true };
    case "judged":
      return event.seen.silent
        ? { unseen: true }
        : { ...meter.read(event.seen, event.at), ...rates(before, after), ...evidence(before, after) };
    default:
      return {};
  }
}

/** Each step starts from zero; its certificate does not depend on the step before. */
const restarted = { stableRate: null, candidateRate: null, lower: null, upper: null, bound: null, certificate: null };

function rates(before: State, after: State): Partial<Point> {
  const evidence = Object.values(after.evidence);
  const candidate = evidence.map(({ step }) => step.candidate.user).reduce(addCounts, noCounts);
  const stable = evidence.map(({ step }) => step.stable.user).reduce(addCounts, noCounts);
  const { failures, requests } = candidate;
  const band = confidenceBand({ failures, requests, alpha: 0.05 });
  return {
    stableRate: percent(stable),
    candidateRate: percent(candidate),
    lower: band.lower * 100,
    upper: band.upper * 100,
    bound: currentStep(before).maxErrorRate * 100,
  };
}

const percent = ({ failures, requests }: Counts): number | null => (requests > 0 ? (failures / requests) * 100 : null);

/** The weakest certificate and the strongest charge across services decide. */
function evidence(before: State, after: State): Partial<Point> {
  const evidence = Object.values(after.evidence);
  const { maxErrorRate: bound } = currentStep(before);
  return {
    certificate: drawable(Math.min(...evidence.map((one) => certificateEvidence(one, bound)))),
    charge: drawable(Math.max(...evidence.map(chargePart))),
  };
}

function chargePart(evidence: CandidateEvidence): number {
  const { logE, logThreshold } = strongestCharge(evidence);
  return Math.exp(logE - logThreshold);
}

const drawable = (value: number): number => Math.min(MOST, Math.max(LEAST, value));
