import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import { type Counts, noCounts, type ServiceCounts } from "../counts.ts";
import { FORMAT } from "../events.ts";
import { memoryJournal } from "../journal.ts";
import { noLease } from "../lease.ts";
import type { Plan } from "../plan.ts";
import { promote } from "../promote.ts";
import { seeded } from "../random.ts";
import { baking, type Result } from "../state.ts";
import { arrive, type ErrorRate, userStream } from "./stream.ts";

/** From a verdict until its share is in force; what the edge is measured to stay under. */
const ACT_SECONDS = 0.25;

/** What is simulated: `rps` user requests a second, with the failure rates of `errorRate`, under a plan. */
export type Scenario = { rps: number; errorRate: ErrorRate; plan: Plan; seed: number };

/** How one simulated promotion ended: users' requests and failures on the candidate, and seconds, up to the last certificate or the rollback. */
export type SimulatedRun = { result: Result; reason: string; requests: number; errors: number; seconds: number };

/** Runs one promotion on a virtual clock: the same loop and the same decisions as everywhere, only time, traffic and platform are made up. */
export async function simulateRun({ rps, errorRate, plan, seed }: Scenario, run: number): Promise<SimulatedRun> {
  const world = simulatedWorld({ rps, errorRate, seed, run });
  let atCertificate: Omit<SimulatedRun, "result" | "reason"> | null = null;
  const begun = { event: "begun", format: FORMAT, at: 0, id: `run-${run}`, plan, revisions } as const;
  const state = await promote({
    ...world,
    journal: memoryJournal([begun, { event: "smoked", at: 0, passed: true, reason: "simulated" }]),
    lease: noLease,
    smoke: async () => ({ passed: true, reason: "simulated" }),
    onEvent: (now) => {
      if (baking(now)) atCertificate ??= world.tally();
    },
  });
  const { result, reason } = state.outcome ?? { result: "held" as const, reason: "" };
  const tally = result === "promoted" ? (atCertificate ?? world.tally()) : world.tally();
  return { result, reason, ...tally };
}

const revisions = [{ service: "simulated", stable: "stable", candidate: "candidate" }];

/** A clock, a target, a source and probes that only exist in memory. Users are drawn second by second; probes in between. */
function simulatedWorld({ rps, errorRate, seed, run }: Omit<Scenario, "plan"> & { run: number }) {
  const users = userStream({ rps, errorRate, seed, run });
  const random = seeded(seed, `probes ${run}`);
  let ms = 0;
  let share = 0;
  let probeRate = 1;
  let seen: ServiceCounts = {
    stable: { user: noCounts, probe: noCounts },
    candidate: { user: noCounts, probe: noCounts },
  };

  const count = (role: RevisionRole, user: Arrived, probe: Arrived) => ({
    user: plus(seen[role].user, user),
    probe: plus(seen[role].probe, probe),
  });
  const pass = (seconds: number, arrivals: Record<RevisionRole, Arrived>) => {
    const probes = (role: RevisionRole) => arrive(probeRate * seconds, errorRate(role, Math.floor(ms / 1000)), random);
    seen = {
      stable: count("stable", arrivals.stable, probes("stable")),
      candidate: count("candidate", arrivals.candidate, probes("candidate")),
    };
    ms += seconds * 1000;
  };
  return {
    clock: {
      now: () => ms,
      sleep: async (wait: number) => {
        for (let left = wait; left > 0; left -= 1000) pass(1, users.next(share));
      },
    },
    target: {
      preview: async () => [],
      share: async () => share,
      setShare: async (wanted: number) => {
        const rate = (role: RevisionRole) => errorRate(role, Math.floor(ms / 1000));
        pass(ACT_SECONDS, {
          candidate: arrive((ACT_SECONDS * rps * share) / 100, rate("candidate"), random),
          stable: arrive((ACT_SECONDS * rps * (100 - share)) / 100, rate("stable"), random),
        });
        share = wanted;
      },
      drain: async () => ({ ended: "quiet" as const, seconds: 0, openRequests: 0 }),
      retire: async () => {},
    },
    source: {
      poll: async () => ({ silent: false as const, since: "simulated", services: { simulated: seen } }),
      samples: async () => [],
    },
    probes: {
      rate: async (perSecond: number) => {
        probeRate = perSecond;
      },
    },
    tally: () => ({ requests: seen.candidate.user.requests, errors: seen.candidate.user.failures, seconds: ms / 1000 }),
  };
}

type Arrived = { requests: number; failures: number };

const plus = (counts: Counts, { requests, failures }: Arrived): Counts => ({
  ...counts,
  requests: counts.requests + requests,
  failures: counts.failures + failures,
});
