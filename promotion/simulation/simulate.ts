import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Seconds } from "../../ecosystem/units.ts";
import { addRevisions, type Counts, noCounts, type RevisionCounts, type ServiceCounts } from "../counts.ts";
import { FORMAT } from "../events.ts";
import { BUCKETS } from "../evidence/clients.ts";
import { memoryJournal } from "../journal.ts";
import { noLease } from "../lease.ts";
import type { Plan } from "../plan.ts";
import { promote } from "../promote.ts";
import { seeded } from "../random.ts";
import { baking, type Result } from "../state.ts";
import { arrive, type ErrorRate, userStream } from "./stream.ts";

/** Time from a verdict until its share is in force; an upper bound of the edge's measurements. */
const ACT_SECONDS: Seconds = 0.25;

/** How a simulated request can go wrong. */
export type BadOutcome = "failures" | "slow" | "refused" | "toolErrors";

/** One simulated client: its requests per second, and the fraction that goes wrong. */
export type SimulatedClient = { rps: number; errorRate: ErrorRate };

/**
 * A scenario: `rps` user requests per second under a plan, of which `errorRate` go wrong, by default as failures. With `clients` the
 * source distinguishes clients (in 16 buckets, drawn at random), each with its own rates; `errorRate` then applies to the probes only.
 */
export type Scenario = {
  rps: number;
  errorRate: ErrorRate;
  plan: Plan;
  seed: number;
  outcome?: BadOutcome;
  clients?: readonly SimulatedClient[];
};

/** How one simulated promotion ended: users' requests and those that went wrong on the candidate, and seconds, up to the last certificate or the rollback. */
export type SimulatedRun = { result: Result; reason: string; requests: number; errors: number; seconds: Seconds };

/** Runs one promotion on a virtual clock: the real loop and decisions with simulated time, traffic and platform. */
export async function simulateRun({ plan, ...scenario }: Scenario, run: number): Promise<SimulatedRun> {
  const world = simulatedWorld({ ...scenario, run });
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

/** An in-memory clock, target, source and probes. Users are drawn second by second, with probes in between. */
function simulatedWorld(scenario: Omit<Scenario, "plan"> & { run: number }) {
  const { errorRate, seed, run, outcome = "failures", clients } = scenario;
  const drawn = seeded(seed, `buckets ${run}`); // as a hash draws them: clients may share one
  const crowd = (clients ?? [scenario]).map((client, i) => ({
    ...client,
    bucket: String(Math.floor(drawn() * BUCKETS)),
    stream: userStream({ ...client, seed, run: clients ? `${run}, client ${i}` : run }),
  }));
  const random = seeded(seed, `probes ${run}`);
  let ms = 0;
  let share = 0;
  let probeRate = 1;
  const none: RevisionCounts = { user: noCounts, probe: noCounts };
  let seen: ServiceCounts = { stable: none, candidate: none };

  const counted = ({ requests, failures }: Arrived): Counts => ({ ...noCounts, requests, [outcome]: failures });
  const pass = (seconds: Seconds, arrivals: { bucket: string; arrived: Record<RevisionRole, Arrived> }[]) => {
    const second = Math.floor(ms / 1000);
    const after = (role: RevisionRole) => {
      const probe = counted(arrive(probeRate * seconds, errorRate(role, second), random));
      return arrivals.reduce(
        (sum, { bucket, arrived }) => {
          const user = counted(arrived[role]);
          return addRevisions(sum, { user, probe: noCounts, ...(clients && { clients: { [bucket]: user } }) });
        },
        addRevisions(seen[role], { user: noCounts, probe }),
      );
    };
    seen = { stable: after("stable"), candidate: after("candidate") };
    ms += seconds * 1000;
  };
  return {
    clock: {
      now: () => ms,
      sleep: async (wait: number) => {
        for (let left = wait; left > 0; left -= 1000)
          pass(
            1,
            crowd.map(({ bucket, stream }) => ({ bucket, arrived: stream.next(share) })),
          );
      },
    },
    target: {
      preview: async () => [],
      share: async () => share,
      setShare: async (wanted: number) => {
        const second = Math.floor(ms / 1000);
        const during = ({ rps, errorRate }: SimulatedClient) => ({
          candidate: arrive((ACT_SECONDS * rps * share) / 100, errorRate("candidate", second), random),
          stable: arrive((ACT_SECONDS * rps * (100 - share)) / 100, errorRate("stable", second), random),
        });
        pass(
          ACT_SECONDS,
          crowd.map((client) => ({ bucket: client.bucket, arrived: during(client) })),
        );
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
    tally: () => ({ requests: seen.candidate.user.requests, errors: seen.candidate.user[outcome], seconds: ms / 1000 }),
  };
}

type Arrived = { requests: number; failures: number };
