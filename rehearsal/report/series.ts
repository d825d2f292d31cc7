import { addCounts, type Counts, noCounts, type Role } from "../../promotion/counts.ts";
import type { Begun, Event } from "../../promotion/events.ts";
import { certificateEValue, confidenceBand } from "../../promotion/evidence/index.ts";
import { stepTotal, strongestCharge, type Trial } from "../../promotion/evidence/trial.ts";
import { currentStep, fold, type State, step } from "../../promotion/state.ts";
import { type Seen, windowsSince } from "../../promotion/windows.ts";
import { latencySince, quantileMs, slidingSum } from "./latency.ts";

/**
 * What is drawn over time. Shares in percent; users, probes and failures in requests a second since the poll before; rates in percent since
 * the step began, with the 95 % band of the candidate's; latencies in milliseconds over the last ten seconds; `certificate` is an e-value, and
 * `charge` the strongest conviction's as a part of what it needs, so that it convicts at 1.
 */
export type Measure = "share" | "wanted" | Traffic | Rate | Latency | "certificate" | "charge";
type Traffic = "stableUsers" | "candidateUsers" | "probes" | "stableFailures" | "candidateFailures";
type Rate = "stableRate" | "candidateRate" | "lower" | "upper" | "bound";
type Latency = "stableP50" | "stableP95" | "candidateP50" | "candidateP95";

/** One moment, `x` seconds after the promotion began. A measure is null where it was looked for and not seen, and missing where nobody looked. */
export type Point = { x: number } & { [measure in Measure]?: number | null };

const LATENCY_WINDOW_MS = 10_000;
/** Beyond these nothing is drawn; JSON has no infinity. */
const [LEAST, MOST] = [1e-9, 1e15];

/** What the events of a promotion say at every moment of it, recomputed with the promotion's own fold. */
export function readSeries([begun, ...events]: readonly [Begun, ...Event[]]): Point[] {
  const traffic = readTraffic();
  const points: Point[] = [];
  let before = fold([begun]);
  for (const event of events) {
    const after = step(before, event);
    const x = (event.at - begun.at) / 1000;
    const shares = { x, share: after.inForce ?? 0, wanted: after.wanted };
    if (event.event === "in-force" && !event.baseline.silent) traffic.baseline(event.baseline, event.at);
    if (event.event === "judged" && !event.seen.silent)
      points.push({
        ...shares,
        ...traffic.read(event.seen, event.at),
        ...rates(before, after),
        ...evidence(before, after),
      });
    else if (event.event === "judged") points.push({ ...shares, ...unseen });
    else if (event.event === "resumed") {
      traffic.forget();
      points.push({ ...shares, ...unseen });
    } else points.push(shares);
    before = after;
  }
  return points;
}

/** Cuts every line but the shares'. */
const unseen: Omit<Required<Point>, "x" | "share" | "wanted"> = {
  stableUsers: null,
  candidateUsers: null,
  probes: null,
  stableFailures: null,
  candidateFailures: null,
  stableRate: null,
  candidateRate: null,
  lower: null,
  upper: null,
  bound: null,
  stableP50: null,
  stableP95: null,
  candidateP50: null,
  candidateP95: null,
  certificate: null,
  charge: null,
};

/** Reads off what was counted from poll to poll; a share's baseline is the first poll where there was none before. */
function readTraffic() {
  let last: { seen: Seen; at: number } | null = null;
  let latency = { stable: slidingSum(LATENCY_WINDOW_MS), candidate: slidingSum(LATENCY_WINDOW_MS) };
  return {
    baseline: (seen: Seen, at: number) => {
      last ??= { seen, at };
    },
    forget: () => {
      last = null;
      latency = { stable: slidingSum(LATENCY_WINDOW_MS), candidate: slidingSum(LATENCY_WINDOW_MS) };
    },
    read: (seen: Seen, at: number): Partial<Point> => {
      const before = last;
      last = { seen, at };
      if (!before || at <= before.at) return {};
      const perSecond = (count: number) => (count * 1000) / (at - before.at);
      const windows = Object.values(windowsSince(before.seen, seen));
      const sum = (role: Role, source: "user" | "probe") =>
        windows.map((window) => window[role][source]).reduce(addCounts, noCounts);
      const failures = (role: Role) => perSecond(sum(role, "user").failures + sum(role, "probe").failures);
      const quantiles = (role: Role) => {
        const recent = latency[role](at, latencySince(before.seen, seen, role));
        return recent.length > 0 ? ([quantileMs(recent, 0.5), quantileMs(recent, 0.95)] as const) : undefined;
      };
      const [stable, candidate] = [quantiles("stable"), quantiles("candidate")];
      return {
        stableUsers: perSecond(sum("stable", "user").requests),
        candidateUsers: perSecond(sum("candidate", "user").requests),
        probes: perSecond(sum("candidate", "probe").requests),
        stableFailures: failures("stable"),
        candidateFailures: failures("candidate"),
        ...(stable && { stableP50: stable[0], stableP95: stable[1] }),
        ...(candidate && { candidateP50: candidate[0], candidateP95: candidate[1] }),
      };
    },
  };
}

function rates(before: State, after: State): Partial<Point> {
  const trials = Object.values(after.trials);
  const candidate = trials.map(stepTotal).reduce(addCounts, noCounts);
  const stable = trials.map((trial) => trial.step.stable).reduce(addCounts, noCounts);
  const band = confidenceBand({ ...candidate, alpha: 0.05 });
  return {
    stableRate: percent(stable),
    candidateRate: percent(candidate),
    lower: band.lower * 100,
    upper: band.upper * 100,
    bound: currentStep(before).bound * 100,
  };
}

const percent = ({ failures, requests }: Counts): number | null => (requests > 0 ? (failures / requests) * 100 : null);

/** The weakest certificate and the strongest charge of all services: the ones that decide. */
function evidence(before: State, after: State): Partial<Point> {
  const trials = Object.values(after.trials);
  const { bound } = currentStep(before);
  return {
    certificate: bounded(Math.min(...trials.map((trial) => certificateEValue({ bound, ...stepTotal(trial) })))),
    charge: bounded(Math.max(...trials.map(chargePart))),
  };
}

function chargePart(trial: Trial): number {
  const { logE, logThreshold } = strongestCharge(trial);
  return Math.exp(logE - logThreshold);
}

const bounded = (value: number): number => Math.min(MOST, Math.max(LEAST, value));
