import { LATENCY_BOUNDS_MS, SLOW_MS } from "../../ecosystem/latency.ts";
import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import { type Counts, noCounts, type ServiceCounts } from "../../promotion/counts.ts";
import { type Begun, type Event, FORMAT } from "../../promotion/events.ts";
import { begunEvents, memoryJournal } from "../../promotion/journal.ts";
import { noLease } from "../../promotion/lease.ts";
import { type Plan, plans } from "../../promotion/plan.ts";
import { promote } from "../../promotion/promote.ts";
import type { Promotion } from "../../promotion/promotion.ts";
import { seeded } from "../../promotion/random.ts";
import { resume } from "../../promotion/resume.ts";
import type { Sample } from "../../promotion/samples.ts";
import { poisson } from "../../promotion/simulation/poisson.ts";
import { arrive, type ErrorRate } from "../../promotion/simulation/stream.ts";
import type { Extras } from "../../report/extras.ts";

/** What happens in a scripted world: seconds count from the beginning of the promotion. */
export type Script = {
  rps?: number;
  errorRate?: ErrorRate;
  /** The median of the users' waits in milliseconds. */
  medianMs?: (role: RevisionRole, second: number) => number;
  silent?: (second: number) => boolean;
  /** The kind of every failure, of which the source then has samples. */
  kind?: string;
  plan?: Plan;
  /** Whether the smoke tests pass, and what they say. */
  smoke?: { passed: boolean; reason: string };
  /** Resumes the promotion once where it is held. */
  resumed?: boolean;
  onEvent?: Promotion["onEvent"];
};

/** What the tests play: the outage outlasts the patience for one, the silence does not. */
export const scripts = {
  healthy: {},
  broken: { rps: 100, errorRate: (role, second) => (role === "candidate" && second > 25 ? 0.05 : 0) },
  dead: { rps: 100, errorRate: (role) => (role === "candidate" ? 1 : 0) },
  outage: { errorRate: (_, second) => (second > 20 && second < 62 ? 1 : 0) },
  failing: {
    rps: 100,
    errorRate: (role, second) => (role === "candidate" && second > 10 ? 0.3 : 0),
    kind: "503 from the server",
  },
  lifeless: { smoke: { passed: false, reason: "4 of 8 tests failed: tools/list" } },
  silence: { silent: (second) => second > 12 && second < 30 },
} as const satisfies Record<string, Script>;

/** The day on which every scripted promotion begins. */
export const BEGINNING = Date.UTC(2026, 7, 31, 14, 3, 12);

/** The journal that the real loop writes in a scripted world. */
export async function journalOf(script: Script): Promise<[Begun, ...Event[]]> {
  const {
    plan = plans.rehearsal,
    resumed = false,
    smoke = { passed: true, reason: "8 of 8 tests passed" },
    onEvent,
  } = script;
  const revisions = [{ service: "everything", stable: "everything-3f9c01d2ab", candidate: "everything-b71e4c55d0" }];
  const journal = memoryJournal([
    { event: "begun", format: FORMAT, at: BEGINNING, id: "2026-08-31T14-03-12-everything", plan, revisions },
  ]);
  const promotion = {
    ...scriptedWorld(script),
    journal,
    lease: noLease,
    smoke: async () => smoke,
    ...(onEvent ? { onEvent } : {}),
  };
  const state = await promote(promotion);
  if (resumed && state.outcome?.result === "held") await resume(promotion, "resumed by anna on rehearsal-1");
  return begunEvents(await journal.read(), "the scripted journal");
}

function scriptedWorld({
  rps = 150,
  errorRate = () => 0.0001,
  medianMs = () => 18,
  silent = () => false,
  kind,
}: Script) {
  const random = seeded(7, "a scripted world");
  let ms = 2400; // what the smoke tests took
  let share = 0;
  let probeRate = 1;
  const counts: ServiceCounts = {
    stable: { user: noCounts, probe: noCounts, latency: LATENCY_BOUNDS_MS.map(() => 0).concat(0) },
    candidate: { user: noCounts, probe: noCounts, latency: LATENCY_BOUNDS_MS.map(() => 0).concat(0) },
  };
  const pass = (seconds: number) => {
    const second = ms / 1000;
    for (const role of ["stable", "candidate"] as const) {
      const mean = (seconds * rps * (role === "candidate" ? share : 100 - share)) / 100;
      const failing = errorRate(role, second);
      const buckets = bucketShares(medianMs(role, second)).map((part) => poisson(mean * part, random()));
      const slow = buckets.slice(LATENCY_BOUNDS_MS.indexOf(SLOW_MS) + 1).reduce((sum, count) => sum + count, 0);
      const now = counts[role];
      counts[role] = {
        user: plus(now.user, { ...arrive(mean, failing, random), slow }),
        probe: plus(now.probe, { ...arrive(probeRate * seconds, failing, random), slow: 0 }),
        latency: buckets.map((count, i) => count + (now.latency?.[i] ?? 0)),
      };
      if (kind !== undefined) counts[role].kinds = { [kind]: counts[role].user.failures };
    }
    ms += seconds * 1000;
  };
  return {
    clock: {
      now: () => BEGINNING + ms,
      sleep: async (wait: number) => {
        for (let left = wait; left > 0; left -= 1000) pass(Math.min(1, left / 1000));
      },
    },
    target: {
      preview: async () => [],
      share: async () => share,
      setShare: async (wanted: number) => {
        pass(0.187);
        share = wanted;
      },
      drain: async () => {
        pass(4);
        return { ended: "quiet" as const, seconds: 4, openRequests: 0 };
      },
      retire: async () => pass(0.3),
    },
    source: {
      poll: async () =>
        silent(ms / 1000)
          ? { silent: true as const, why: "no answer from the admin socket within 1 s" }
          : { silent: false as const, since: "4711", services: { everything: structuredClone(counts) } },
      samples: async () => (kind === undefined ? [] : Array.from({ length: 20 }, (_, i) => sampleAt(ms, i, kind))),
    },
    probes: {
      rate: async (perSecond: number) => {
        probeRate = perSecond;
      },
    },
  };
}

const sampleAt = (ms: number, i: number, kind: string): Sample => ({
  at: BEGINNING + ms - (20 - i) * 50,
  service: "everything",
  role: "candidate",
  probe: i % 5 === 0,
  kind,
  code: 503,
  flags: i % 4 === 0 ? "UC" : null,
  rpcCode: i % 3 === 0 ? -32603 : null,
  method: "tools/call",
  tool: i % 2 === 0 ? "echo" : "a_tool_with_a_long_name_that_no_column_has_room_for_on_a_phone",
  client: String(i % 16),
});

/** Which part of the waits falls into each bucket when their logarithms are spread like a bell around the median's. */
function bucketShares(medianMs: number): number[] {
  const below = (bound: number) => 1 / (1 + (bound / medianMs) ** -2.6);
  const upTo = [...LATENCY_BOUNDS_MS.map(below), 1];
  return upTo.map((part, i) => part - (upTo[i - 1] ?? 0));
}

const plus = (
  counts: Counts,
  { requests, failures, slow }: Pick<Counts, "requests" | "failures" | "slow">,
): Counts => ({
  ...counts,
  requests: counts.requests + requests,
  failures: counts.failures + failures,
  slow: counts.slow + Math.min(slow, requests - failures),
});

/** What a rehearsal adds to a journal. */
export const extras: Extras = {
  title: "rehearsal of everything",
  workload: "everything 2026.8.18 to 2026.8.31",
  fault: null,
  rps: 150,
  candidate: { userRequests: 12_408, userErrors: 1, userRefused: 0 },
  movedSessions: 0,
  lostSessions: 0,
  sessions: { ended: 4 },
  warnings: [],
  shiftErrors: 0,
  seconds: 152,
};
