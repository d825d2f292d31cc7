import { objectives } from "../../ecosystem/objectives.ts";
import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import { addCounts, type Counts, noCounts, type RevisionCounts, type ServiceCounts } from "../counts.ts";
import type { Reading } from "./bake.ts";
import { logExceedance } from "./exceedance.ts";
import { logMeanExp } from "./numbers.ts";
import { type Sample, TwoSample } from "./two-sample.ts";

/** What can speak against a candidate: `tool-errors` only in comparison with stable, since a tool may fail for good reasons. */
export type Charge = "errors" | "latency" | "tool-errors";

type EvidenceTest = { alpha: number; convicts: "alone" | "compared" };
export type Indicator = { charge: Charge; bad(counts: Counts): number; bound: number; tests: EvidenceTest[] };

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
/** At high rates a test window lasts at least this many polls, or it would be over before enough polls could fail in it. */
const EPOCH_POLLS = 10;
/** A conviction needs failures in this many different polls of its test window, so that one burst convicts nobody. */
export const FAILING_POLLS = 3;
/** What the running tests have seen since they last began. */
export type TestWindow = {
  requests: number;
  polls: number;
  tests: { bad: number; failingPolls: number; compared: Compared }[];
};

/** Users are compared with users and probes with probes: the two may fail differently, and stable has another mix of them. */
type Compared = Record<Source, TwoSample>;
export type Source = "user" | "probe";

/** Which epoch it is, counted from 1, and the part of the promotion's error probability that its service may spend. */
type TestState = { testWindowNumber: number; shareOfAlpha: number };

/** An epoch before its first poll. */
export const startTestWindow = (): TestWindow => ({
  requests: 0,
  polls: 0,
  tests: indicators.map(() => ({
    bad: 0,
    failingPolls: 0,
    compared: { user: new TwoSample(), probe: new TwoSample() },
  })),
});

/** Takes in one poll; `carried` is what was counted while the share was being moved. */
export function observeTestWindow(testWindow: TestWindow, counts: ServiceCounts, carried?: ServiceCounts): TestWindow {
  const candidate = total(counts.candidate, carried?.candidate);
  const tests = indicators.map(({ bad }, i) => {
    const test = testWindow.tests[i] as TestWindow["tests"][number];
    const compare = (source: Source) => {
      const compared = new TwoSample(test.compared[source]);
      const of = (role: RevisionRole) =>
        sampleOf(addCounts(counts[role][source], carried?.[role][source] ?? noCounts), bad);
      compared.observe({ stable: of("stable"), candidate: of("candidate") });
      return compared;
    };
    return {
      bad: test.bad + bad(candidate),
      failingPolls: test.failingPolls + (bad(candidate) > 0 ? 1 : 0),
      compared: { user: compare("user"), probe: compare("probe") },
    };
  });
  return { requests: testWindow.requests + candidate.requests, polls: testWindow.polls + 1, tests };
}

/** True when a test window is long enough to be over. */
export const isLong = ({ requests, polls }: TestWindow): boolean => requests >= EPOCH_REQUESTS && polls >= EPOCH_POLLS;

/** What the tests of the `i`th indicator say now. */
export function convictions(
  standing: TestState,
  testWindow: TestWindow,
  i: number,
): { alone: boolean; compared: boolean } {
  const { bound } = indicators[i] as Indicator;
  const { bad, failingPolls } = testWindow.tests[i] as TestWindow["tests"][number];
  const verdict = { alone: false, compared: false };
  if (failingPolls < FAILING_POLLS) return verdict;
  for (const { convicts, logE, logThreshold } of readings(standing, testWindow, i)) {
    verdict[convicts] = logE >= logThreshold && (convicts === "alone" || bad > (bound / 2) * testWindow.requests);
  }
  return verdict;
}

/** The evidence of each test of the `i`th indicator, and what it needs to convict. */
export function readings(
  { testWindowNumber, shareOfAlpha }: TestState,
  testWindow: TestWindow,
  i: number,
): (Reading & { convicts: EvidenceTest["convicts"] })[] {
  const { bound, tests } = indicators[i] as Indicator;
  const { bad, compared } = testWindow.tests[i] as TestWindow["tests"][number];
  const restarts = 6 / (Math.PI * testWindowNumber) ** 2; // sums to 1 over all epochs
  return tests.map(({ convicts, alpha }) => ({
    convicts,
    logE:
      convicts === "alone"
        ? logExceedance({ bound, failures: bad, requests: testWindow.requests })
        : logMeanExp([compared.user.logEValue, compared.probe.logEValue]),
    logThreshold: -Math.log(alpha * restarts * shareOfAlpha),
  }));
}

/** True when any test convicts now. */
export const convictsNow = (standing: TestState, testWindow: TestWindow): boolean =>
  indicators.some((_, i) => Object.values(convictions(standing, testWindow, i)).some(Boolean));

/** A revision's requests, users' and probes', with those carried over. */
export const total = (now: RevisionCounts, carried?: RevisionCounts): Counts => {
  const counts = addCounts(now.user, now.probe);
  return carried ? addCounts(counts, addCounts(carried.user, carried.probe)) : counts;
};

/** Counts as a test takes them: requests, and those of them that are bad. */
export const sampleOf = (counts: Counts, bad: Indicator["bad"] = ({ failures }) => failures): Sample => ({
  requests: counts.requests,
  failures: bad(counts),
});
