import type { Role } from "../../ecosystem/revision-role.ts";
import { addCounts, type Counts, noCounts, type ServiceCounts } from "../counts.ts";
import { observeWatch, type Reading, readWatch, startWatch, type Watch, watchAlarms } from "./bake.ts";
import { certifiedBound, certifies } from "./certificate.ts";
import { type Sharing, sharing, surelyOver } from "./shared-failure.ts";
import {
  alphas,
  type Charge,
  convictions,
  convictsNow,
  type Epoch,
  FAILING_POLLS,
  type Indicator,
  indicators,
  isLong,
  observeEpoch,
  readings,
  type Source,
  sampleOf,
  startEpoch,
  total,
} from "./test-window.ts";
import type { Sample } from "./two-sample.ts";

/** What "lately" means for stable. */
const LATELY_MS = 10_000;
/** How far back requests count as data. */
const DATA_MS = 30_000;

/** What one poll saw of both revisions, by source. */
export type Window = { at: number; counts: ServiceCounts };

/** All that is known of one service's candidate: the running tests, this step's counts, and the last half minute. */
export type Trial = {
  shareOfAlpha: number;
  epochNumber: number;
  epoch: Epoch;
  step: { user: Counts; probe: Counts; stable: Counts };
  recent: Window[];
  lastUserAt: number;
  /** The charges that a shared outage has brought and that stable shares until it has recovered from all of them. */
  outage: readonly Charge[];
  /** Since when the candidate's own counts speak against it. */
  suspectedAt: number | null;
  watch: Watch | null;
};

/** A charge that the evidence has something to say about; `shared` when stable is as guilty, `doubtful` while stable's answers may still show it. */
export type Accusation = { charge: Charge; alone: boolean; compared: boolean; shared: boolean; doubtful: boolean };

/** A trial before its first poll; `shareOfAlpha` is the part of the promotion's error probability that this service may spend. */
export const startTrial = (at: number, shareOfAlpha: number): Trial => ({
  shareOfAlpha,
  epochNumber: 1,
  epoch: startEpoch(),
  step: { user: noCounts, probe: noCounts, stable: noCounts },
  recent: [],
  lastUserAt: at,
  outage: [],
  suspectedAt: null,
  watch: null,
});

/** The same trial at the start of a step: what was certified before does not count, what convicts does. */
export const startStep = (trial: Trial, at: number): Trial => ({
  ...trial,
  step: { user: noCounts, probe: noCounts, stable: noCounts },
  lastUserAt: at,
});

/** The same trial after a pause of the promoter: that nobody looked does not mean that nobody came. */
export const afterPause = (trial: Trial, at: number): Trial => ({ ...trial, lastUserAt: at, recent: [] });

/** The same trial with the detector of the watch after 100 % running. */
export const startWatching = (trial: Trial): Trial => ({ ...trial, watch: startWatch() });

/**
 * Takes in one poll. `carried` is what was counted while the share was being moved: it convicts, but certifies nothing.
 * Two error sources of one poll are one poll: the three-polls rule sees them together.
 */
export function observeTrial(before: Trial, window: Window, carried?: ServiceCounts): Trial {
  const candidate = total(window.counts.candidate, carried?.candidate);
  const trial = afterOutage(before, window.at);
  const epoch = observeEpoch(trial.epoch, window.counts, carried);
  const convicted = convictsNow(trial, epoch);
  const over = isLong(epoch) && !convicted; // one that convicts is still to be read in this poll's verdict
  const watch =
    trial.watch && observeWatch(trial.watch, { requests: candidate.requests, failures: candidate.failures });
  const suspected = convicted || (watch !== null && watchAlarms(watch));
  return noticed({
    ...trial,
    suspectedAt: suspected ? (trial.suspectedAt ?? window.at) : null,
    epochNumber: over ? trial.epochNumber + 1 : trial.epochNumber,
    epoch: over ? startEpoch() : epoch,
    step: {
      user: addCounts(trial.step.user, window.counts.candidate.user),
      probe: addCounts(trial.step.probe, window.counts.candidate.probe),
      stable: addCounts(trial.step.stable, total(window.counts.stable)),
    },
    recent: [...trial.recent.filter(({ at }) => window.at - at < DATA_MS), window],
    lastUserAt: window.counts.candidate.user.requests > 0 ? window.at : trial.lastUserAt,
    watch,
  });
}

/**
 * The charges that stand now: convicted by the candidate's own counts (`alone`) or by comparison with stable (`compared`).
 * The watch's detector convicts of errors, alone.
 */
export function accusations(trial: Trial): Accusation[] {
  const now = trial.recent.at(-1)?.at ?? 0;
  return indicators
    .map((indicator, i) => {
      const { alone, compared } = convictions(trial, trial.epoch, i);
      const { charge } = indicator;
      const lately = sharingLately(trial, indicator);
      return {
        charge,
        alone: alone || (charge === "errors" && alarmed(trial)),
        compared,
        shared: trial.outage.includes(charge) || lately === "surely" || lately === "perhaps",
        doubtful: lately === "unclear" && now - (trial.suspectedAt ?? now) < LATELY_MS,
      };
    })
    .filter(({ alone, compared }) => alone || compared);
}

/** The test that is nearest to its conviction, the watch's detector among them; for display: what convicts is in `accusations` and `alarmed`. */
export function strongestCharge(trial: Trial): Reading {
  const all: Reading[] = indicators.flatMap((_, i) => readings(trial, trial.epoch, i));
  if (trial.watch) all.push(readWatch(trial.watch));
  const distance = ({ logE, logThreshold }: Reading) => logE - logThreshold;
  return all.reduce((nearest, next) => (distance(next) > distance(nearest) ? next : nearest));
}

/** True when the watch's detector has seen enough failures after 100 %. */
export const alarmed = (trial: Trial): boolean => trial.watch !== null && watchAlarms(trial.watch);

/** True when this step's counts prove a failure rate below `bound`. */
export const certified = (trial: Trial, bound: number): boolean =>
  certifies({ ...sampleOf(stepTotal(trial)), bound, alpha: alphas.certificate });

/** Whose requests certify the step: the users' alone, or only together with the probes'. */
export const certifiedBy = (trial: Trial, bound: number): "users" | "users and probes" | "probes" =>
  certifies({ ...sampleOf(trial.step.user), bound, alpha: alphas.certificate })
    ? "users"
    : trial.step.user.requests > 0
      ? "users and probes"
      : "probes";

/** The smallest failure rate (a fraction) that this step's counts certify so far, or null. */
export const bestCertificate = (trial: Trial): number | null =>
  certifiedBound({ ...sampleOf(stepTotal(trial)), alpha: alphas.certificate });

/** The candidate's requests of this step, users' and probes'. */
export const stepTotal = (trial: Trial): Counts => addCounts(trial.step.user, trial.step.probe);

/** True when no user's request has reached the candidate for half a minute. */
export const withoutUsers = (trial: Trial, at: number): boolean => at - trial.lastUserAt >= DATA_MS;

/** True when no probe has reached the candidate for half a minute either. */
export const withoutProbes = (trial: Trial): boolean => candidateRequests(trial, "probe") === 0;

/** The users' requests a second on the candidate over the last half minute. */
export const userRate = (trial: Trial): number => candidateRequests(trial, "user") / (DATA_MS / 1000);

const candidateRequests = ({ recent }: Trial, source: Source): number =>
  recent.reduce((sum, { counts }) => sum + counts.candidate[source].requests, 0);

/** True when stable answered nothing well over the last three seconds that it was asked in: no place to send users back to. */
export function stableDown(trial: Trial): boolean {
  const asked = trial.recent.map(({ counts }) => total(counts.stable)).filter(({ requests }) => requests > 0);
  const last = asked.slice(-FAILING_POLLS);
  return last.length === FAILING_POLLS && last.every(({ requests, failures }) => requests === failures);
}

/** True when stable's raw failure rate of the last ten seconds is over the error bound. */
export const stableOverBoundLately = (trial: Trial): boolean =>
  indicators.some((indicator) => indicator.charge === "errors" && overLately(trial, "stable", indicator));

/** The same trial, marked: what speaks against the candidate now and surely against stable must not convict it later. */
export const inOutage = (trial: Trial): Trial => {
  const accused = accusations(trial).map(({ charge }) => charge);
  return markOutage(trial, (indicator) => accused.includes(indicator.charge));
};

/** A shared outage too short to convict anybody leaves no more behind than a long one. */
const noticed = (trial: Trial): Trial =>
  markOutage(trial, (indicator) => surelyOver(lately(trial, "candidate", indicator), indicator.bound));

function markOutage(trial: Trial, accused: (indicator: Indicator) => boolean): Trial {
  const shared = indicators.filter((one) => accused(one) && sharingLately(trial, one) === "surely");
  return { ...trial, outage: [...new Set([...trial.outage, ...shared.map(({ charge }) => charge)])] };
}

/** When stable has recovered from all of a shared outage, the tests and the watch begin again without what happened in it. */
function afterOutage(trial: Trial, at: number): Trial {
  if (trial.outage.length === 0) return trial;
  const now = { ...trial, recent: trial.recent.filter((window) => at - window.at < LATELY_MS) };
  const lasts = (indicator: Indicator) =>
    overLately(now, "stable", indicator) ||
    (overLately(now, "candidate", indicator) && sharingLately(now, indicator) !== "not");
  if (indicators.some((indicator) => trial.outage.includes(indicator.charge) && lasts(indicator))) return trial;
  const watch = trial.watch && startWatch();
  return startStep({ ...trial, outage: [], epochNumber: trial.epochNumber + 1, epoch: startEpoch(), watch }, at);
}

function sharingLately({ recent }: Trial, { bad, bound }: Indicator): Sharing {
  const sample = (counts: ServiceCounts[Role]) => sampleOf(total(counts), bad);
  const polls = within(recent, LATELY_MS).map(({ counts }) => ({
    stable: sample(counts.stable),
    candidate: sample(counts.candidate),
  }));
  return sharing(polls, bound);
}

function overLately(trial: Trial, role: Role, indicator: Indicator): boolean {
  const { requests, failures } = lately(trial, role, indicator);
  return failures > indicator.bound * requests;
}

const lately = ({ recent }: Trial, role: Role, { bad }: Indicator): Sample =>
  sampleOf(sumOf(recent, role, LATELY_MS), bad);

const sumOf = (recent: Window[], role: Role, ms: number): Counts =>
  within(recent, ms).reduce((sum, { counts }) => addCounts(sum, total(counts[role])), noCounts);

function within(recent: Window[], ms: number): Window[] {
  const now = recent.at(-1)?.at ?? 0;
  return recent.filter(({ at }) => now - at < ms);
}
