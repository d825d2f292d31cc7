import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import { addCounts, type Counts, noCounts, type ServiceCounts } from "../counts.ts";
import { type BakeDetector, bakeAlarms, observeBake, type Reading, readBake, startBakeDetector } from "./bake.ts";
import { certifiedBound, certifies } from "./certificate.ts";
import { type Sharing, sharing, surelyOver } from "./shared-failure.ts";
import {
  alphas,
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
import type { Sample } from "./two-sample.ts";

/** What "lately" means for stable. */
const LATELY_MS = 10_000;
/** How far back requests count as data. */
const DATA_MS = 30_000;

/** What one poll saw of both revisions, by source. */
export type Window = { at: number; counts: ServiceCounts };

/** All that is known of one service's candidate: the running tests, this step's counts, and the last half minute. */
export type CandidateEvidence = {
  shareOfAlpha: number;
  testWindowNumber: number;
  testWindow: TestWindow;
  step: { user: Counts; probe: Counts; stable: Counts };
  recent: Window[];
  lastUserAt: number;
  /** The charges that a shared outage has brought and that stable shares until it has recovered from all of them. */
  outage: readonly Charge[];
  /** Since when the candidate's own counts speak against it. */
  suspectedAt: number | null;
  bake: BakeDetector | null;
};

/** A charge that the evidence has something to say about; `shared` when stable is as guilty, `doubtful` while stable's answers may still show it. */
export type Accusation = { charge: Charge; alone: boolean; compared: boolean; shared: boolean; doubtful: boolean };

/** A evidence before its first poll; `shareOfAlpha` is the part of the promotion's error probability that this service may spend. */
export const startEvidence = (at: number, shareOfAlpha: number): CandidateEvidence => ({
  shareOfAlpha,
  testWindowNumber: 1,
  testWindow: startTestWindow(),
  step: { user: noCounts, probe: noCounts, stable: noCounts },
  recent: [],
  lastUserAt: at,
  outage: [],
  suspectedAt: null,
  bake: null,
});

/** The same evidence at the start of a step: what was certified before does not count, what convicts does. */
export const startStep = (evidence: CandidateEvidence, at: number): CandidateEvidence => ({
  ...evidence,
  step: { user: noCounts, probe: noCounts, stable: noCounts },
  lastUserAt: at,
});

/** The same evidence after a pause of the promoter: that nobody looked does not mean that nobody came. */
export const afterPause = (evidence: CandidateEvidence, at: number): CandidateEvidence => ({
  ...evidence,
  lastUserAt: at,
  recent: [],
});

/** The same evidence with the detector of the bake after 100 % running. */
export const startBake = (evidence: CandidateEvidence): CandidateEvidence => ({
  ...evidence,
  bake: startBakeDetector(),
});

/**
 * Takes in one poll. `carried` is what was counted while the share was being moved: it convicts, but certifies nothing.
 * Two error sources of one poll are one poll: the three-polls rule sees them together.
 */
export function observeEvidence(before: CandidateEvidence, window: Window, carried?: ServiceCounts): CandidateEvidence {
  const candidate = total(window.counts.candidate, carried?.candidate);
  const evidence = afterOutage(before, window.at);
  const testWindow = observeTestWindow(evidence.testWindow, window.counts, carried);
  const convicted = convictsNow(evidence, testWindow);
  const over = isLong(testWindow) && !convicted; // one that convicts is still to be read in this poll's verdict
  const bake =
    evidence.bake && observeBake(evidence.bake, { requests: candidate.requests, failures: candidate.failures });
  const suspected = convicted || (bake !== null && bakeAlarms(bake));
  return noticed({
    ...evidence,
    suspectedAt: suspected ? (evidence.suspectedAt ?? window.at) : null,
    testWindowNumber: over ? evidence.testWindowNumber + 1 : evidence.testWindowNumber,
    testWindow: over ? startTestWindow() : testWindow,
    step: {
      user: addCounts(evidence.step.user, window.counts.candidate.user),
      probe: addCounts(evidence.step.probe, window.counts.candidate.probe),
      stable: addCounts(evidence.step.stable, total(window.counts.stable)),
    },
    recent: [...evidence.recent.filter(({ at }) => window.at - at < DATA_MS), window],
    lastUserAt: window.counts.candidate.user.requests > 0 ? window.at : evidence.lastUserAt,
    bake,
  });
}

/**
 * The charges that stand now: convicted by the candidate's own counts (`alone`) or by comparison with stable (`compared`).
 * The bake's detector convicts of errors, alone.
 */
export function accusations(evidence: CandidateEvidence): Accusation[] {
  const now = evidence.recent.at(-1)?.at ?? 0;
  return indicators
    .map((indicator, i) => {
      const { alone, compared } = convictions(evidence, evidence.testWindow, i);
      const { charge } = indicator;
      const lately = sharingLately(evidence, indicator);
      return {
        charge,
        alone: alone || (charge === "errors" && alarmed(evidence)),
        compared,
        shared: evidence.outage.includes(charge) || lately === "surely" || lately === "perhaps",
        doubtful: lately === "unclear" && now - (evidence.suspectedAt ?? now) < LATELY_MS,
      };
    })
    .filter(({ alone, compared }) => alone || compared);
}

/** The test that is nearest to its conviction, the bake's detector among them; for display: what convicts is in `accusations` and `alarmed`. */
export function strongestCharge(evidence: CandidateEvidence): Reading {
  const all: Reading[] = indicators.flatMap((_, i) => readings(evidence, evidence.testWindow, i));
  if (evidence.bake) all.push(readBake(evidence.bake));
  const distance = ({ logE, logThreshold }: Reading) => logE - logThreshold;
  return all.reduce((nearest, next) => (distance(next) > distance(nearest) ? next : nearest));
}

/** True when the bake's detector has seen enough failures after 100 %. */
export const alarmed = (evidence: CandidateEvidence): boolean => evidence.bake !== null && bakeAlarms(evidence.bake);

/** True when this step's counts prove a failure rate below `bound`. */
export const certified = (evidence: CandidateEvidence, bound: number): boolean =>
  certifies({ ...sampleOf(stepTotal(evidence)), bound, alpha: alphas.certificate });

/** Whose requests certify the step: the users' alone, or only together with the probes'. */
export const certifiedBy = (evidence: CandidateEvidence, bound: number): "users" | "users and probes" | "probes" =>
  certifies({ ...sampleOf(evidence.step.user), bound, alpha: alphas.certificate })
    ? "users"
    : evidence.step.user.requests > 0
      ? "users and probes"
      : "probes";

/** The smallest failure rate (a fraction) that this step's counts certify so far, or null. */
export const bestCertificate = (evidence: CandidateEvidence): number | null =>
  certifiedBound({ ...sampleOf(stepTotal(evidence)), alpha: alphas.certificate });

/** The candidate's requests of this step, users' and probes'. */
export const stepTotal = (evidence: CandidateEvidence): Counts => addCounts(evidence.step.user, evidence.step.probe);

/** True when no user's request has reached the candidate for half a minute. */
export const withoutUsers = (evidence: CandidateEvidence, at: number): boolean => at - evidence.lastUserAt >= DATA_MS;

/** True when no probe has reached the candidate for half a minute either. */
export const withoutProbes = (evidence: CandidateEvidence): boolean => candidateRequests(evidence, "probe") === 0;

/** The users' requests a second on the candidate over the last half minute. */
export const userRate = (evidence: CandidateEvidence): number => candidateRequests(evidence, "user") / (DATA_MS / 1000);

const candidateRequests = ({ recent }: CandidateEvidence, source: Source): number =>
  recent.reduce((sum, { counts }) => sum + counts.candidate[source].requests, 0);

/** True when stable answered nothing well over the last three seconds that it was asked in: no place to send users back to. */
export function stableDown(evidence: CandidateEvidence): boolean {
  const asked = evidence.recent.map(({ counts }) => total(counts.stable)).filter(({ requests }) => requests > 0);
  const last = asked.slice(-FAILING_POLLS);
  return last.length === FAILING_POLLS && last.every(({ requests, failures }) => requests === failures);
}

/** True when stable's raw failure rate of the last ten seconds is over the error bound. */
export const stableOverBoundLately = (evidence: CandidateEvidence): boolean =>
  indicators.some((indicator) => indicator.charge === "errors" && overLately(evidence, "stable", indicator));

/** The same evidence, marked: what speaks against the candidate now and surely against stable must not convict it later. */
export const inOutage = (evidence: CandidateEvidence): CandidateEvidence => {
  const accused = accusations(evidence).map(({ charge }) => charge);
  return markOutage(evidence, (indicator) => accused.includes(indicator.charge));
};

/** A shared outage too short to convict anybody leaves no more behind than a long one. */
const noticed = (evidence: CandidateEvidence): CandidateEvidence =>
  markOutage(evidence, (indicator) => surelyOver(lately(evidence, "candidate", indicator), indicator.bound));

function markOutage(evidence: CandidateEvidence, accused: (indicator: Indicator) => boolean): CandidateEvidence {
  const shared = indicators.filter((one) => accused(one) && sharingLately(evidence, one) === "surely");
  return { ...evidence, outage: [...new Set([...evidence.outage, ...shared.map(({ charge }) => charge)])] };
}

/** When stable has recovered from all of a shared outage, the tests and the bake begin again without what happened in it. */
function afterOutage(evidence: CandidateEvidence, at: number): CandidateEvidence {
  if (evidence.outage.length === 0) return evidence;
  const now = { ...evidence, recent: evidence.recent.filter((window) => at - window.at < LATELY_MS) };
  const lasts = (indicator: Indicator) =>
    overLately(now, "stable", indicator) ||
    (overLately(now, "candidate", indicator) && sharingLately(now, indicator) !== "not");
  if (indicators.some((indicator) => evidence.outage.includes(indicator.charge) && lasts(indicator))) return evidence;
  const bake = evidence.bake && startBakeDetector();
  return startStep(
    { ...evidence, outage: [], testWindowNumber: evidence.testWindowNumber + 1, testWindow: startTestWindow(), bake },
    at,
  );
}

function sharingLately({ recent }: CandidateEvidence, { bad, bound }: Indicator): Sharing {
  const sample = (counts: ServiceCounts[RevisionRole]) => sampleOf(total(counts), bad);
  const polls = within(recent, LATELY_MS).map(({ counts }) => ({
    stable: sample(counts.stable),
    candidate: sample(counts.candidate),
  }));
  return sharing(polls, bound);
}

function overLately(evidence: CandidateEvidence, role: RevisionRole, indicator: Indicator): boolean {
  const { requests, failures } = lately(evidence, role, indicator);
  return failures > indicator.bound * requests;
}

const lately = ({ recent }: CandidateEvidence, role: RevisionRole, { bad }: Indicator): Sample =>
  sampleOf(sumOf(recent, role, LATELY_MS), bad);

const sumOf = (recent: Window[], role: RevisionRole, ms: number): Counts =>
  within(recent, ms).reduce((sum, { counts }) => addCounts(sum, total(counts[role])), noCounts);

function within(recent: Window[], ms: number): Window[] {
  const now = recent.at(-1)?.at ?? 0;
  return recent.filter(({ at }) => now - at < ms);
}
