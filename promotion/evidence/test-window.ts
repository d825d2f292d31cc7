import { objectives } from "../../ecosystem/objectives.ts";
import { addCounts, type Counts, type RevisionCounts, type ServiceCounts } from "../counts.ts";
import type { Reading } from "./bake.ts";
import { holdsWithoutAnyone, logRobust, observeViews, startViews, type Views } from "./clients.ts";
import { logExceedance } from "./exceedance.ts";
import { logMeanExp } from "./numbers.ts";
import { type BinomialSample, TwoSample } from "./two-sample.ts";

/** The possible charges against a candidate: `refusals` and `tool-errors` only in comparison with stable, since both can be legitimate. */
export type Charge = "errors" | "latency" | "refusals" | "tool-errors";

type Test = { alpha: number; convicts: "alone" | "compared" };
export type Indicator = { charge: Charge; bad(counts: Counts): number; bound: number; tests: Test[] };

/** Error probability of all convictions by the tests of one promotion together, and of one claim of a step's certificate. */
export const alphas = { conviction: 0.01, certificate: 0.05 };

/**
 * The conviction's error probability, split over the tests: half for errors, a quarter for latency, an eighth each for refusals and tool
 * errors. They add up to it, so that all convictions of a healthy release by these tests together stay below it (union bound). The bake's
 * detector is not among them: it has its own threshold, on top. The bounds are the service objectives (errors, and 5 % over the p95).
 */
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
    bound: 0.05, // the fraction above a 95th percentile
    tests: [
      { convicts: "alone", alpha: alphas.conviction / 8 },
      { convicts: "compared", alpha: alphas.conviction / 8 },
    ],
  },
  {
    charge: "refusals",
    bad: ({ refused }) => refused,
    bound: objectives.errorRatio,
    tests: [{ convicts: "compared", alpha: alphas.conviction / 8 }],
  },
  {
    charge: "tool-errors",
    bad: ({ toolErrors }) => toolErrors,
    bound: objectives.errorRatio,
    tests: [{ convicts: "compared", alpha: alphas.conviction / 8 }],
  },
];

/** After this many candidate requests the tests restart, so that a long healthy history does not hide a new fault. */
const WINDOW_REQUESTS = 2000;
/** The minimum length of a test window in polls: at high request rates it would otherwise end before enough polls could fail. */
const WINDOW_POLLS = 10;
/** A conviction needs failures in this many different polls of its test window, so that a single burst does not convict. */
export const FAILING_POLLS = 3;
/** The running tests since their last restart; users are compared with users and probes with probes, since the two may fail differently. */
export type TestWindow = { polls: number; views: Views<TestView>; probes: readonly TwoSample[] };
/** The tests with some clients' requests left out. */
type TestView = { requests: number; tests: { bad: number; failingPolls: number; users: TwoSample }[] };
export type Source = "user" | "probe";

/** The number of the test window, from 1, and its service's part of the promotion's error probability. */
type TestState = { testWindowNumber: number; shareOfAlpha: number };

/** A test window before its first poll. */
export const startTestWindow = (): TestWindow => ({
  polls: 0,
  views: startViews({
    requests: 0,
    tests: indicators.map(() => ({ bad: 0, failingPolls: 0, users: new TwoSample() })),
  }),
  probes: indicators.map(() => new TwoSample()),
});

/** Adds one poll. */
export const observeTestWindow = ({ polls, views, probes }: TestWindow, counts: ServiceCounts): TestWindow => ({
  polls: polls + 1,
  views: observeViews(views, counts, observeView),
  probes: indicators.map(({ bad }, i) => compared(probes[i], counts, "probe", bad)),
});

function observeView({ requests, tests }: TestView, counts: ServiceCounts): TestView {
  const candidate = total(counts.candidate);
  return {
    requests: requests + candidate.requests,
    tests: indicators.map(({ bad }, i) => {
      const test = tests[i] as TestView["tests"][number];
      return {
        bad: test.bad + bad(candidate),
        failingPolls: test.failingPolls + (bad(candidate) > 0 ? 1 : 0),
        users: compared(test.users, counts, "user", bad),
      };
    }),
  };
}

function compared(
  before: TwoSample | undefined,
  { stable, candidate }: ServiceCounts,
  source: Source,
  bad: Indicator["bad"],
): TwoSample {
  const next = new TwoSample(before);
  next.observe({ stable: sampleOf(stable[source], bad), candidate: sampleOf(candidate[source], bad) });
  return next;
}

/** True when a test window is complete, also without any one of the clients `inUse`: no single client can end it early with many requests. */
export const isLong = ({ polls, views }: TestWindow, inUse: readonly string[]): boolean =>
  polls >= WINDOW_POLLS &&
  holdsWithoutAnyone(inUse, (leftOut) => ((views[leftOut] ?? views[""]) as TestView).requests >= WINDOW_REQUESTS);

/** The current results of the `i`th indicator's tests; a conviction never depends on a single one of the clients `inUse`. */
export function convictions(
  state: TestState,
  testWindow: TestWindow,
  i: number,
  inUse: readonly string[],
): { alone: boolean; compared: boolean } {
  const verdict = { alone: false, compared: false };
  for (const test of (indicators[i] as Indicator).tests) {
    const logE = logRobust(testWindow.views, inUse, (view) => convictingEvidence(testWindow, view, i, test.convicts));
    verdict[test.convicts] = logE >= logThreshold(state, test);
  }
  return verdict;
}

/** A view's evidence if the view may convict, else zero; evidence that is sometimes set to zero remains valid. */
function convictingEvidence(testWindow: TestWindow, view: TestView, i: number, convicts: Test["convicts"]): number {
  const { bad, failingPolls } = view.tests[i] as TestView["tests"][number];
  const { bound } = indicators[i] as Indicator;
  if (failingPolls < FAILING_POLLS) return Number.NEGATIVE_INFINITY;
  if (convicts === "compared" && bad <= (bound / 2) * view.requests) return Number.NEGATIVE_INFINITY;
  return evidence(testWindow, view, i, convicts);
}

function evidence(
  { probes }: TestWindow,
  { requests, tests }: TestView,
  i: number,
  convicts: Test["convicts"],
): number {
  const { bad, users } = tests[i] as TestView["tests"][number];
  return convicts === "alone"
    ? logExceedance({ bound: (indicators[i] as Indicator).bound, failures: bad, requests })
    : logMeanExp([users.logEValue, (probes[i] as TwoSample).logEValue]);
}

/** The j-th test window gets 6 / (pi j)^2 of the error probability; that sums to 1 over all windows. */
const logThreshold = ({ testWindowNumber, shareOfAlpha }: TestState, { alpha }: Test): number =>
  -Math.log(alpha * (6 / (Math.PI * testWindowNumber) ** 2) * shareOfAlpha);

/** The evidence of each test of the `i`th indicator over all clients, and the evidence it needs to convict. */
export const readings = (state: TestState, testWindow: TestWindow, i: number): Reading[] =>
  (indicators[i] as Indicator).tests.map((test) => ({
    logE: evidence(testWindow, testWindow.views[""] as TestView, i, test.convicts),
    logThreshold: logThreshold(state, test),
  }));

/** True when any test convicts now. */
export const convictsNow = (state: TestState, testWindow: TestWindow, inUse: readonly string[]): boolean =>
  indicators.some((_, i) => Object.values(convictions(state, testWindow, i, inUse)).some(Boolean));

/** A revision's requests from users and probes together. */
export const total = ({ user, probe }: RevisionCounts): Counts => addCounts(user, probe);

/** Counts for a test: requests, and how many of them are bad. */
export const sampleOf = (counts: Counts, bad: Indicator["bad"] = ({ failures }) => failures): BinomialSample => ({
  requests: counts.requests,
  failures: bad(counts),
});
