import { objectives } from "../../ecosystem/objectives.ts";
import { addCounts, type Counts, noCounts, type ServiceCounts } from "../counts.ts";
import { certifiedBound, certifies } from "./certificate.ts";
import { logExceedance } from "./exceedance.ts";
import { type Sample, TwoSample } from "./two-sample.ts";
import { observeWatch, type Reading, readWatch, startWatch, type Watch, watchAlarms } from "./watch.ts";

/** What can speak against a candidate: `tool-errors` only in comparison with stable, since a tool may fail for good reasons. */
export type Charge = "errors" | "latency" | "tool-errors";

type Test = { alpha: number; convicts: "alone" | "compared" };
type Indicator = { charge: Charge; bad(counts: Counts): number; bound: number; tests: Test[] };

/** Error probability of every conviction of one promotion together, and of each step's certificate. */
export const alphas = { conviction: 0.01, certificate: 0.05 };

/** The conviction's error probability, split over the tests; the bounds are the service objectives (errors, and 5 % over the p95). */
export const indicators: readonly Indicator[] = [
  {
    charge: "errors",
    bad: ({ failures }) => failures,
    bound: objectives.errorRatio,
    tests: [
      { convicts: "alone", alpha: alphas.conviction / 4 },
      { convicts: "compared", alpha: alphas.conviction / 4 },
    ],
  },
  {
    charge: "latency",
    bad: ({ failures, slow }) => failures + slow,
    bound: 0.05, // what a 95th percentile leaves over
    tests: [
      { convicts: "alone", alpha: alphas.conviction / 8 },
      { convicts: "compared", alpha: alphas.conviction / 8 },
    ],
  },
  {
    charge: "tool-errors",
    bad: ({ toolErrors }) => toolErrors,
    bound: objectives.errorRatio,
    tests: [{ convicts: "compared", alpha: alphas.conviction / 4 }],
  },
];

/** After this many candidate requests the tests begin again, so that a long healthy past does not hide a new fault. */
const EPOCH_REQUESTS = 2000;
/** At high rates an epoch lasts at least this many polls, or it would be over before enough polls could fail in it. */
const EPOCH_POLLS = 10;
/** A conviction needs failures in this many different polls of its epoch, so that one burst convicts nobody. */
const FAILING_POLLS = 3;
/** What "lately" means for stable. */
const LATELY_MS = 10_000;
/** How far back requests count as data. */
const DATA_MS = 30_000;

/** What one poll saw of both revisions, by source. */
export type Window = { at: number; counts: ServiceCounts };

type Epoch = { requests: number; polls: number; tests: { bad: number; failingPolls: number; compared: TwoSample }[] };

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
  watch: Watch | null;
};

/** A charge that the evidence has something to say about; `shared` when stable is as guilty. */
export type Accusation = { charge: Charge; alone: boolean; compared: boolean; shared: boolean };

const startEpoch = (): Epoch => ({
  requests: 0,
  polls: 0,
  tests: indicators.map(() => ({ bad: 0, failingPolls: 0, compared: new TwoSample() })),
});

/** A trial before its first poll; `shareOfAlpha` is the part of the promotion's error probability that this service may spend. */
export const startTrial = (at: number, shareOfAlpha: number): Trial => ({
  shareOfAlpha,
  epochNumber: 1,
  epoch: startEpoch(),
  step: { user: noCounts, probe: noCounts, stable: noCounts },
  recent: [],
  lastUserAt: at,
  outage: [],
  watch: null,
});

/** The same trial at the start of a step: what was certified before does not count, what convicts does. */
export const startStep = (trial: Trial, at: number): Trial => ({
  ...trial,
  step: { user: noCounts, probe: noCounts, stable: noCounts },
  lastUserAt: at,
});

/** The same trial after a pause of the promoter: that nobody looked does not mean that nobody came. */
export const afterPause = (trial: Trial, at: number): Trial => ({ ...trial, lastUserAt: at });

/** The same trial with the detector of the watch after 100 % running. */
export const startWatching = (trial: Trial): Trial => ({ ...trial, watch: startWatch() });

/**
 * Takes in one poll. `carried` is what was counted while the share was being moved: it convicts, but certifies nothing.
 * Two error sources of one poll are one poll: the three-polls rule sees them together.
 */
export function observeTrial(before: Trial, window: Window, carried?: ServiceCounts): Trial {
  const stable = total(window.counts.stable, carried?.stable);
  const candidate = total(window.counts.candidate, carried?.candidate);
  const trial = afterOutage(before, window.at);
  const epoch = observeEpoch(trial.epoch, stable, candidate);
  const over = epoch.requests >= EPOCH_REQUESTS && epoch.polls >= EPOCH_POLLS && !convictsNow(trial, epoch);
  return {
    ...trial,
    epochNumber: over ? trial.epochNumber + 1 : trial.epochNumber,
    epoch: over ? startEpoch() : epoch,
    step: {
      user: addCounts(trial.step.user, window.counts.candidate.user),
      probe: addCounts(trial.step.probe, window.counts.candidate.probe),
      stable: addCounts(trial.step.stable, total(window.counts.stable)),
    },
    recent: [...trial.recent.filter(({ at }) => window.at - at < DATA_MS), window],
    lastUserAt: window.counts.candidate.user.requests > 0 ? window.at : trial.lastUserAt,
    watch: trial.watch && observeWatch(trial.watch, { requests: candidate.requests, failures: candidate.failures }),
  };
}

/**
 * The charges that stand now: convicted by the candidate's own counts (`alone`) or by comparison with stable (`compared`).
 * The watch's detector convicts of errors, alone.
 */
export function accusations(trial: Trial): Accusation[] {
  return indicators
    .map((indicator, i) => {
      const { alone, compared } = convictions(trial, trial.epoch, i);
      const { charge } = indicator;
      return {
        charge,
        alone: alone || (charge === "errors" && alarmed(trial)),
        compared,
        shared: trial.outage.includes(charge) || stableOver(trial, indicator),
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

const candidateRequests = ({ recent }: Trial, source: "user" | "probe"): number =>
  recent.reduce((sum, { counts }) => sum + counts.candidate[source].requests, 0);

/** True when stable answered nothing well over the last three seconds that it was asked in: no place to send users back to. */
export function stableDown(trial: Trial): boolean {
  const asked = trial.recent.map(({ counts }) => total(counts.stable)).filter(({ requests }) => requests > 0);
  const last = asked.slice(-FAILING_POLLS);
  return last.length === FAILING_POLLS && last.every(({ requests, failures }) => requests === failures);
}

/** True when stable's raw failure rate of the last ten seconds is over the error bound. */
export const stableOverBoundLately = (trial: Trial): boolean =>
  indicators.some((indicator) => indicator.charge === "errors" && stableOver(trial, indicator));

/** The same trial, marked: what speaks against the candidate now is shared with stable and must not convict it later. */
export const inOutage = (trial: Trial): Trial => {
  const shared = accusations(trial).filter((accusation) => accusation.shared);
  return { ...trial, outage: [...new Set([...trial.outage, ...shared.map(({ charge }) => charge)])] };
};

/** When stable has recovered from all of a shared outage, the tests and the watch begin again without what happened in it. */
function afterOutage(trial: Trial, at: number): Trial {
  const now = { ...trial, recent: trial.recent.filter((window) => at - window.at < LATELY_MS) };
  const lasts = indicators.some((indicator) => trial.outage.includes(indicator.charge) && stableOver(now, indicator));
  if (trial.outage.length === 0 || lasts) return trial;
  const watch = trial.watch && startWatch();
  return startStep({ ...trial, outage: [], epochNumber: trial.epochNumber + 1, epoch: startEpoch(), watch }, at);
}

function observeEpoch(epoch: Epoch, stable: Counts, candidate: Counts): Epoch {
  const tests = indicators.map(({ bad }, i) => {
    const test = epoch.tests[i] as Epoch["tests"][number];
    const compared = new TwoSample(test.compared);
    compared.observe({ stable: sampleOf(stable, bad), candidate: sampleOf(candidate, bad) });
    return {
      bad: test.bad + bad(candidate),
      failingPolls: test.failingPolls + (bad(candidate) > 0 ? 1 : 0),
      compared,
    };
  });
  return { requests: epoch.requests + candidate.requests, polls: epoch.polls + 1, tests };
}

function convictions(trial: Trial, epoch: Epoch, i: number): { alone: boolean; compared: boolean } {
  const { bound } = indicators[i] as Indicator;
  const { bad, failingPolls } = epoch.tests[i] as Epoch["tests"][number];
  const verdict = { alone: false, compared: false };
  if (failingPolls < FAILING_POLLS) return verdict;
  for (const { convicts, logE, logThreshold } of readings(trial, epoch, i)) {
    verdict[convicts] = logE >= logThreshold && (convicts === "alone" || bad > (bound / 2) * epoch.requests);
  }
  return verdict;
}

function readings(trial: Trial, epoch: Epoch, i: number): (Reading & { convicts: Test["convicts"] })[] {
  const { bound, tests } = indicators[i] as Indicator;
  const { bad, compared } = epoch.tests[i] as Epoch["tests"][number];
  const restarts = 6 / (Math.PI * trial.epochNumber) ** 2; // sums to 1 over all epochs
  return tests.map(({ convicts, alpha }) => ({
    convicts,
    logE: convicts === "alone" ? logExceedance({ bound, failures: bad, requests: epoch.requests }) : compared.logEValue,
    logThreshold: -Math.log(alpha * restarts * trial.shareOfAlpha),
  }));
}

/** An epoch that convicts is not over: the verdict of this poll is still to be read from it. */
const convictsNow = (trial: Trial, epoch: Epoch): boolean =>
  indicators.some((_, i) => Object.values(convictions(trial, epoch, i)).some(Boolean));

function stableOver({ recent }: Trial, { bad, bound }: Indicator): boolean {
  const counts = sumOf(recent, "stable", LATELY_MS);
  return bad(counts) > bound * counts.requests;
}

function sumOf(recent: Window[], role: "stable" | "candidate", ms: number): Counts {
  const now = recent.at(-1)?.at ?? 0;
  return recent
    .filter(({ at }) => now - at < ms)
    .reduce((sum, { counts }) => addCounts(sum, total(counts[role])), noCounts);
}

const total = (now: ServiceCounts["stable"], carried?: ServiceCounts["stable"]): Counts => {
  const counts = addCounts(now.user, now.probe);
  return carried ? addCounts(counts, addCounts(carried.user, carried.probe)) : counts;
};

const sampleOf = (counts: Counts, bad: Indicator["bad"] = ({ failures }) => failures): Sample => ({
  requests: counts.requests,
  failures: bad(counts),
});
