/** Doubles for the tests of the promotion: time, users and a platform that exist only in memory and follow a script. */

import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Clock } from "../../promotion/clock.ts";
import { type Counts, noCounts, type ServiceCounts } from "../../promotion/counts.ts";
import type { Event } from "../../promotion/events.ts";
import { type Journal, memoryJournal } from "../../promotion/journal.ts";
import { noLease } from "../../promotion/lease.ts";
import type { Observation } from "../../promotion/metrics-source.ts";
import type { Plan } from "../../promotion/plan.ts";
import { begin, promote } from "../../promotion/promote.ts";
import type { Promotion } from "../../promotion/promotion.ts";
import type { State } from "../../promotion/state.ts";
import type { Preview } from "../../promotion/traffic-controller.ts";
import type { Verdict } from "../../promotion/verdict.ts";

/** A small plan for tests: three steps, times in seconds. */
export const testPlan: Plan = {
  name: "test",
  poll: 1,
  steps: [
    { share: 10, maxErrorRate: 0.01, minDuration: 5, maxDuration: 120 },
    { share: 50, maxErrorRate: 0.005, minDuration: 5, maxDuration: 120 },
    { share: 100, maxErrorRate: 0.002, minDuration: 5, maxDuration: 120 },
  ],
  margin: 0.005,
  bake: [{ for: 10, poll: 1 }],
  drain: 10,
  holdTimeouts: { outage: 30, silence: 20, data: 60 },
};

/** Counts with only these numbers in them. */
export const counts = (some: Partial<Counts> = {}): Counts => ({ ...noCounts, ...some });

/** What one service's users, and by default no probe, met on both sides. */
export const seen = (
  both: Partial<Record<RevisionRole, { user?: Partial<Counts>; probe?: Partial<Counts> }>>,
): ServiceCounts => ({
  stable: { user: counts(both.stable?.user), probe: counts(both.stable?.probe) },
  candidate: { user: counts(both.candidate?.user), probe: counts(both.candidate?.probe) },
});

/** A clock that goes on only while somebody sleeps, to the end of the shortest sleep, as soon as nothing else is left to run. */
export function virtualClock(start = 0): Clock & { onPass(listener: (seconds: number) => void): void } {
  let now = start;
  const sleepers = new Set<{ until: number; wake(): void }>();
  const listeners: ((seconds: number) => void)[] = [];
  const turn = () => {
    const next = [...sleepers].toSorted((a, b) => a.until - b.until)[0];
    if (!next) return;
    sleepers.delete(next);
    const seconds = Math.max(0, next.until - now) / 1000;
    now = Math.max(now, next.until);
    for (const listener of listeners) listener(seconds);
    next.wake();
  };
  return {
    now: () => now,
    onPass: (listener) => void listeners.push(listener),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => sleepers.delete(sleeper) && resolve(), { once: true });
        setImmediate(turn);
      }),
  };
}

/** Which fractions of the requests go wrong. */
export type Rates = { errors?: number; slow?: number; toolErrors?: number };

/** Where and when a request is made: of which release ("one" is stable), in which second since the world's beginning. */
export type Where = {
  service: string;
  role: RevisionRole;
  release: string;
  source: "user" | "probe";
  second: number;
  share: number;
};

/** What happens in a world; everything left out is as on a good day with a thousand users' requests a second. */
export type Script = {
  services?: string[];
  rps?(second: number): number;
  rates?(where: Where): Rates;
  silent?(second: number): boolean;
  /** The seconds at which the thing that counts begins again at zero. */
  recounts?: number[];
  /** Runs before each change of the share; throws where the platform refuses. */
  refuse?(share: number, second: number): void;
  /** Runs before the share is read; throws where it cannot be. */
  unreadable?(second: number): void;
  smoke?(release: string): { passed: boolean; reason: string };
  /** Seconds for which the promoter does not run, by the second in which it stops; the world goes on. */
  pauses?: Record<number, number>;
  /** DeclaredResource of every place at which a promoter can be killed; throws to kill it there. */
  boundary?(place: string): void;
};

/** One world with its clock, its users, and servers behind an edge; promotions come and go in it, each with its own journal. */
export function world(script: Script = {}, start = Date.UTC(2026, 0, 1)) {
  const {
    services = ["mahavishnu"],
    rps = () => 1000,
    rates = () => ({}),
    silent = () => false,
    recounts = [],
  } = script;
  const clock = virtualClock(start);
  const second = () => (clock.now() - start) / 1000;
  const edge = { share: 0, probeRate: 1, candidate: "two", calls: [] as string[] };
  let meters = newMeters(services);
  let lives = 0;

  clock.onPass((seconds) => {
    for (const service of services) {
      for (const role of ["stable", "candidate"] as const) {
        const part = role === "candidate" ? edge.share : 100 - edge.share;
        const release = role === "candidate" ? edge.candidate : "one";
        const flow = { user: (rps(second()) * part) / 100, probe: edge.probeRate };
        for (const source of ["user", "probe"] as const) {
          const where = { service, role, release, source, second: second(), share: edge.share };
          meters[service]?.[role][source].run(flow[source] * seconds, rates(where));
        }
      }
    }
  });

  const visit = async <T>(place: string, effect: () => T | Promise<T>): Promise<T> => {
    script.boundary?.(`before ${place}`);
    const result = await effect();
    script.boundary?.(`after ${place}`);
    return result;
  };
  const call = <T>(name: string, effect: () => T) =>
    visit(name, () => {
      edge.calls.push(name);
      return effect();
    });
  const sleep: Clock["sleep"] = async (ms, signal) => {
    await clock.sleep(ms, signal);
    const pause = script.pauses?.[second()];
    if (pause) await clock.sleep(pause * 1000);
  };
  const poll = (): Observation => {
    if (silent(second())) return { silent: true, why: "no answer" };
    while (second() >= (recounts[lives] ?? Number.POSITIVE_INFINITY)) {
      lives += 1;
      meters = newMeters(services);
    }
    return { silent: false, since: `life ${lives}`, services: read(meters) };
  };
  const outside: Omit<Promotion, "journal"> = {
    lease: { ...noLease, renew: () => visit("renewing the lease", noLease.renew) },
    clock: { now: clock.now, sleep: (ms, signal) => visit("sleeping", () => sleep(ms, signal)) },
    source: { poll: () => visit("polling", poll), samples: async () => [] },
    probes: {
      rate: (perSecond) =>
        visit("setting the probes' rate", () => {
          edge.probeRate = perSecond;
        }),
    },
    target: {
      preview: async (): Promise<Preview[]> => [],
      share: () =>
        visit("reading the share", () => {
          script.unreadable?.(second());
          return edge.share;
        }),
      setShare: (share) =>
        call(`share ${share}`, () => {
          script.refuse?.(share, second());
          edge.share = share;
        }),
      drain: (role) => call(`drain ${role}`, () => ({ ended: "quiet", seconds: 0, openRequests: 0 })),
      retire: (role) => call(`retire ${role}`, () => undefined),
    },
    smoke: () => visit("smoke", () => script.smoke?.(edge.candidate) ?? { passed: true, reason: "all passed" }),
  };
  return {
    edge,
    clock,
    second,
    /** What a service's users have met on its candidate. */
    users: (service = services[0] as string) => (read(meters)[service] as ServiceCounts).candidate.user,
    /** Begins to promote the release `candidate` of every service over the release "one". */
    begin: async ({ plan = testPlan, candidate = "two" } = {}) => {
      edge.candidate = candidate;
      const events: Event[] = [];
      const kept = memoryJournal(events);
      const revisions = services.map((service) => ({
        service,
        stable: `${service}-one`,
        candidate: `${service}-${candidate}`,
      }));
      await begin(kept, { at: clock.now(), id: candidate, plan, revisions });
      const journal: Journal = {
        read: () => visit("reading the journal", kept.read),
        append: (event) => visit(`writing ${event.event}`, () => kept.append(event)),
        close: kept.close,
      };
      return { promotion: { journal, ...outside }, events };
    },
  };
}

export type World = ReturnType<typeof world>;

/** A world in which one promotion has been carried out from its beginning to its end; `shares` are those put in force, in order. */
export async function play(script: Script, plan: Plan = testPlan) {
  const stage = world(script);
  const { promotion, events } = await stage.begin({ plan });
  const state = await promote(promotion);
  return { stage, promotion, events, state, outcome: state.outcome, shares: sharesPut(stage) };
}

/** The shares that were put in force in a world, in order. */
export const sharesPut = ({ edge }: World): number[] =>
  edge.calls.filter((call) => call.startsWith("share")).map((call) => Number(call.slice("share ".length)));

/** All verdicts of a journal, and the holds among them. */
export const verdictsIn = (events: Event[]): Verdict[] =>
  events.flatMap((event) => (event.event === "judged" ? [event.verdict] : []));
export const holdsIn = (events: Event[]): Verdict[] => verdictsIn(events).filter(({ kind }) => kind === "hold");

/** Whether a second lies in a stretch of time; the end is not in it. */
export const between = (from: number, to: number) => (second: number) => second >= from && second < to;

/** Carries a promotion on until its state is as wanted, and interrupts it there; fails if it ends before. */
export async function interrupt(promotion: Promotion, when: (state: State) => boolean): Promise<void> {
  const interruption = new AbortController();
  const onEvent = (state: State) => {
    if (when(state)) interruption.abort(new Error("interrupted"));
  };
  await promote({ ...promotion, signal: interruption.signal, onEvent }).then(
    ({ outcome }) => {
      throw new Error(`not interrupted, but ${outcome?.result}: ${outcome?.reason}`);
    },
    (error) => {
      if (error !== interruption.signal.reason) throw error;
    },
  );
}

/** Counts whole requests out of a steady flow, and every so many of them as gone wrong. */
function newMeter() {
  const due = { requests: 0, failures: 0, slow: 0, toolErrors: 0 };
  const counted = counts();
  const take = (kind: keyof typeof due, flow: number, most: number) => {
    due[kind] += flow;
    const whole = Math.min(most, Math.floor(due[kind] + 1e-9));
    due[kind] -= whole;
    counted[kind] += whole;
    return whole;
  };
  return {
    counted,
    run: (flow: number, { errors = 0, slow = 0, toolErrors = 0 }: Rates) => {
      const requests = take("requests", flow, Number.POSITIVE_INFINITY);
      const well = requests - take("failures", requests * errors, requests);
      take("slow", requests * slow, well);
      take("toolErrors", requests * toolErrors, well);
    },
  };
}

type Meters = Record<string, Record<RevisionRole, Record<"user" | "probe", ReturnType<typeof newMeter>>>>;

const newMeters = (services: string[]): Meters => {
  const both = () => ({ user: newMeter(), probe: newMeter() });
  return Object.fromEntries(services.map((service) => [service, { stable: both(), candidate: both() }]));
};

const read = (meters: Meters): Record<string, ServiceCounts> =>
  Object.fromEntries(
    Object.entries(meters).map(([service, { stable, candidate }]) => [
      service,
      seen({
        stable: { user: stable.user.counted, probe: stable.probe.counted },
        candidate: { user: candidate.user.counted, probe: candidate.probe.counted },
      }),
    ]),
  );
