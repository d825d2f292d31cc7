import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Fraction, Milliseconds } from "../../ecosystem/units.ts";
import { addRevisions, type ServiceCounts } from "../counts.ts";
import {
  alarmingEvidence,
  type BakeDetector,
  bakeAlarms,
  observeBake,
  type Reading,
  readBake,
  startBakeDetector,
} from "./bake.ts";
import { clientsOf, ENOUGH, logRobust, observeViews, startViews, type Views } from "./clients.ts";
import { DATA_MS, holdsLately, LATELY_MS, latelyOf, sharingLately, type Window } from "./recent.ts";
import { type Sharing, surelyOver } from "./shared-failure.ts";
import {
  bestCertificate as bestOfStep,
  type Certificate,
  certificate as certificateOf,
  certifyingEvidence,
  isBetter,
  mostRefused,
  nextStepEvidence,
  observeStep,
  type StepEvidence,
  startStepEvidence,
  tooMuchUnread,
} from "./step.ts";
import {
  type Charge,
  convictions,
  convictsNow,
  FAILING_POLLS,
  type Indicator,
  indicators,
  isLong,
  observeTestWindow,
  readings,
  type Source,
  sampleOf,
  startTestWindow,
  type TestWindow,
  total,
} from "./test-window.ts";
import { observeUsual, outageBound, startUsual, type Usual, usuallyOver, usualRate } from "./usual.ts";

/** A client counts as using a revision for this long after its last request to it. */
const IN_USE_MS: Milliseconds = 300_000;

/** Everything known about one service's candidate: the running tests, this step's counts, and the last half minute. */
export type CandidateEvidence = {
  shareOfAlpha: number;
  testWindowNumber: number;
  testWindow: TestWindow;
  step: StepEvidence;
  /** Stable's usual failure rates. */
  usual: Usual;
  recent: Window[];
  lastUserAt: number;
  /** When each client last sent a request to each revision. */
  clientsAt: Readonly<Record<RevisionRole, Readonly<Record<string, number>>>>;
  /** The charges raised by a shared outage; stable shares them until it has recovered from all of them. */
  outage: readonly Charge[];
  /** When the candidate's own counts first spoke against it. */
  suspectedAt: number | null;
  bake: Views<BakeDetector> | null;
};

/** A charge that the evidence supports; `shared` when stable fails the same way, `doubtful` while stable's answers may still show that it does. */
export type Accusation = { charge: Charge; alone: boolean; compared: boolean; shared: boolean; doubtful: boolean };

/** Evidence before the first poll; `shareOfAlpha` is this service's part of the promotion's error probability, `margin` the plan's. */
export const startEvidence = (at: number, shareOfAlpha: number, margin: Fraction): CandidateEvidence => ({
  shareOfAlpha,
  testWindowNumber: 1,
  testWindow: startTestWindow(),
  step: startStepEvidence(margin),
  usual: startUsual(),
  recent: [],
  lastUserAt: at,
  clientsAt: { stable: {}, candidate: {} },
  outage: [],
  suspectedAt: null,
  bake: null,
});

/** The same evidence at the start of a step: earlier certificates no longer count, evidence towards a conviction does. */
export const startStep = (evidence: CandidateEvidence, at: number): CandidateEvidence => ({
  ...evidence,
  step: nextStepEvidence(evidence.step),
  lastUserAt: at,
});

/** The same evidence after the promoter was paused: a pause must not look like missing traffic. */
export const afterPause = (evidence: CandidateEvidence, at: number): CandidateEvidence => ({
  ...evidence,
  lastUserAt: at,
  recent: [],
});

/** The same evidence with the bake's detector running. */
export const startBake = (evidence: CandidateEvidence): CandidateEvidence => ({
  ...evidence,
  bake: startViews(startBakeDetector()),
});

/**
 * Adds one poll. `carried` holds the counts from while the share was changing: they can convict, but certify nothing.
 * Both are one poll to the three-polls rule.
 */
export function observeEvidence(before: CandidateEvidence, window: Window, carried?: ServiceCounts): CandidateEvidence {
  const { at, counts } = window;
  const all = carried ? addServices(counts, carried) : counts;
  const evidence = afterOutage(before, at);
  const seenAt = (role: RevisionRole) => ({
    ...evidence.clientsAt[role],
    ...Object.fromEntries(clientsOf(all[role]).map((one) => [one, at])),
  });
  const clientsAt = { stable: seenAt("stable"), candidate: seenAt("candidate") };
  const inUse = usersOf(clientsAt, at);
  const testWindow = observeTestWindow(evidence.testWindow, all);
  const convicted = convictsNow(evidence, testWindow, inUse);
  const over = isLong(testWindow, inUse) && !convicted; // a conviction must still reach this poll's verdict
  const bake = evidence.bake && observeViews(evidence.bake, all, bakeOne);
  const suspected = convicted || (bake !== null && bakeAlarms(logRobust(bake, inUse, alarmingEvidence)));
  return noticed({
    ...evidence,
    suspectedAt: suspected ? (evidence.suspectedAt ?? at) : null,
    testWindowNumber: over ? evidence.testWindowNumber + 1 : evidence.testWindowNumber,
    testWindow: over ? startTestWindow() : testWindow,
    step: observeStep(evidence.step, counts),
    usual: observeUsual(evidence.usual, evidence.recent, at),
    recent: [...evidence.recent.filter((past) => at - past.at < DATA_MS), window],
    lastUserAt: counts.candidate.user.requests > 0 ? at : evidence.lastUserAt,
    clientsAt,
    bake,
  });
}

/** The clients that use the candidate and, when these are enough to ignore any one of them, those that use only stable. */
const clientsInUse = ({ clientsAt, recent }: CandidateEvidence): string[] => usersOf(clientsAt, recent.at(-1)?.at ?? 0);

function usersOf(clientsAt: CandidateEvidence["clientsAt"], now: number): string[] {
  const [candidates, stables] = [clientsAt.candidate, clientsAt.stable].map((seenAt) =>
    Object.keys(seenAt).filter((client) => now - (seenAt[client] as number) < IN_USE_MS),
  ) as [string[], string[]];
  return candidates.length >= ENOUGH ? [...new Set([...candidates, ...stables])] : candidates;
}

const bakeOne = (bake: BakeDetector, { candidate }: ServiceCounts): BakeDetector =>
  observeBake(bake, sampleOf(total(candidate)));

const addServices = (a: ServiceCounts, b: ServiceCounts): ServiceCounts => ({
  stable: addRevisions(a.stable, b.stable),
  candidate: addRevisions(a.candidate, b.candidate),
});

/**
 * The current charges: convicted by the candidate's own counts (`alone`) or by comparison with stable (`compared`).
 * The bake's detector convicts of errors, alone. Failures that are usual for stable convict by comparison only, and so do the errors
 * of a candidate that is provably better than a failing stable.
 */
export function accusations(evidence: CandidateEvidence): Accusation[] {
  const inUse = clientsInUse(evidence);
  return indicators
    .map((indicator, i) => {
      const { alone, compared } = convictions(evidence, evidence.testWindow, i, inUse);
      return { indicator, alone: alone || (indicator === errors && alarmed(evidence)), compared };
    })
    .filter(({ alone, compared }) => alone || compared)
    .map(({ indicator, alone, compared }) => ({
      charge: indicator.charge,
      alone: alone && !isUsual(evidence, indicator) && !(indicator === errors && isBetter(evidence.step, inUse)),
      compared,
      ...excuses(evidence, indicator),
    }))
    .filter(({ alone, compared }) => alone || compared);
}

function excuses(evidence: CandidateEvidence, indicator: Indicator): Pick<Accusation, "shared" | "doubtful"> {
  const now = evidence.recent.at(-1)?.at ?? 0;
  const lately = sharedLately(evidence, indicator);
  return {
    shared: evidence.outage.includes(indicator.charge) || lately === "surely" || lately === "perhaps",
    doubtful: lately === "unclear" && now - (evidence.suspectedAt ?? now) < LATELY_MS,
  };
}

/** The test closest to a conviction, including the bake's detector. For display only: `accusations` and `alarmed` decide. */
export function strongestCharge(evidence: CandidateEvidence): Reading {
  const all: Reading[] = indicators.flatMap((_, i) => readings(evidence, evidence.testWindow, i));
  if (evidence.bake) all.push(readBake(evidence.bake[""] as BakeDetector));
  const distance = ({ logE, logThreshold }: Reading) => logE - logThreshold;
  return all.reduce((nearest, next) => (distance(next) > distance(nearest) ? next : nearest));
}

/** True when the bake's detector has alarmed. */
export const alarmed = (evidence: CandidateEvidence): boolean =>
  evidence.bake !== null && bakeAlarms(logRobust(evidence.bake, clientsInUse(evidence), alarmingEvidence));

/** The claim that this step's counts prove, or null; `bound` is the step's. */
export const certificate = (evidence: CandidateEvidence, bound: number): Certificate | null =>
  certificateOf(evidence.step, about(evidence, bound));

/** The step's progress towards a certificate: an e-value, enough at 1 / `alphas.certificate`. */
export const certificateEvidence = (evidence: CandidateEvidence, bound: number): number =>
  Math.exp(certifyingEvidence(evidence.step, about(evidence, bound)));

const about = (evidence: CandidateEvidence, bound: number) => ({
  bound,
  usual: evidence.usual,
  inUse: clientsInUse(evidence),
});

/** The lowest failure rate (a fraction) that this step's counts certify so far, or null. */
export const bestCertificate = (evidence: CandidateEvidence): number | null =>
  bestOfStep(evidence.step, clientsInUse(evidence));

/** True when too large a fraction of the candidate's answers in this step could not be checked for errors. */
export const unread = (evidence: CandidateEvidence): boolean => tooMuchUnread(evidence.step, clientsInUse(evidence));

/** True when the candidate refused most of the users' requests in this step, and stable usually does not. */
export const refusing = (evidence: CandidateEvidence): boolean =>
  mostRefused(evidence.step, { usual: evidence.usual, inUse: clientsInUse(evidence) });

/** Stable's usual failure rate (a fraction) when it exceeds half of `bound`, which makes the bound hard to certify for a candidate like it; else null. */
export const usualFailures = ({ usual }: CandidateEvidence, bound: number): number | null =>
  usuallyOver(usual, errors, bound / 2) ? usualRate(usual, errors) : null;

/** True when no user's request has reached the candidate for half a minute. */
export const withoutUsers = (evidence: CandidateEvidence, at: number): boolean => at - evidence.lastUserAt >= DATA_MS;

/** True when no probe has reached the candidate for half a minute either. */
export const withoutProbes = (evidence: CandidateEvidence): boolean => candidateRequests(evidence, "probe") === 0;

/** The users' requests a second on the candidate over the last half minute. */
export const userRate = (evidence: CandidateEvidence): number => candidateRequests(evidence, "user") / (DATA_MS / 1000);

const candidateRequests = ({ recent }: CandidateEvidence, source: Source): number =>
  recent.reduce((sum, { counts }) => sum + counts.candidate[source].requests, 0);

/** True when stable served nothing successfully in the last three seconds in which it had requests: rolling back would not help. */
export function stableDown(evidence: CandidateEvidence): boolean {
  const asked = evidence.recent.map(({ counts }) => total(counts.stable)).filter(({ requests }) => requests > 0);
  const last = asked.slice(-FAILING_POLLS);
  return last.length === FAILING_POLLS && last.every(({ requests, failures }) => requests === failures);
}

/** The same evidence with the charges marked that stable surely shares now, so that they do not convict the candidate later. */
export const inOutage = (evidence: CandidateEvidence): CandidateEvidence => {
  const accused = accusations(evidence).map(({ charge }) => charge);
  return markOutage(evidence, (indicator) => accused.includes(indicator.charge));
};

/** A shared outage too short for a conviction is discarded as a long one is. */
const noticed = (evidence: CandidateEvidence): CandidateEvidence =>
  markOutage(evidence, (indicator) =>
    holdsLately(evidence.recent, "candidate", indicator, (sample) =>
      surelyOver(sample, outageBound(evidence.usual, indicator)),
    ),
  );

function markOutage(evidence: CandidateEvidence, accused: (indicator: Indicator) => boolean): CandidateEvidence {
  const shared = indicators.filter((one) => accused(one) && sharedLately(evidence, one) === "surely");
  return { ...evidence, outage: [...new Set([...evidence.outage, ...shared.map(({ charge }) => charge)])] };
}

/** Once stable has recovered from a shared outage, the tests and the bake's detector restart without the outage's counts. */
function afterOutage(evidence: CandidateEvidence, at: number): CandidateEvidence {
  if (evidence.outage.length === 0) return evidence;
  const now = { ...evidence, recent: evidence.recent.filter((window) => at - window.at < LATELY_MS) };
  const lasts = (indicator: Indicator) =>
    overLately(now, "stable", indicator) ||
    (overLately(now, "candidate", indicator) && sharedLately(now, indicator) !== "not");
  if (indicators.some((indicator) => evidence.outage.includes(indicator.charge) && lasts(indicator))) return evidence;
  const bake = evidence.bake && startViews(startBakeDetector());
  return startStep(
    { ...evidence, outage: [], testWindowNumber: evidence.testWindowNumber + 1, testWindow: startTestWindow(), bake },
    at,
  );
}

/** True when the charged failures are usual for stable, and stable still answers and fails no more than usual. */
const isUsual = (evidence: CandidateEvidence, indicator: Indicator): boolean =>
  usuallyOver(evidence.usual, indicator, indicator.bound) &&
  latelyOf(evidence.recent, "stable", indicator).requests > 0 &&
  sharedLately(evidence, indicator) !== "surely";

const sharedLately = ({ recent, usual }: CandidateEvidence, indicator: Indicator): Sharing =>
  sharingLately(recent, indicator, outageBound(usual, indicator));

const overLately = ({ recent, usual }: CandidateEvidence, role: RevisionRole, indicator: Indicator): boolean => {
  const bound = outageBound(usual, indicator);
  return holdsLately(recent, role, indicator, ({ requests, failures }) => failures > bound * requests);
};

const errors = indicators[0] as Indicator;
