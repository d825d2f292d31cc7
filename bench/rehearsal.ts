import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figure } from "../cli/table.ts";
import { users } from "../load/users.ts";
import { systemClock as clock } from "../promotion/clock.ts";
import type { Event } from "../promotion/events.ts";
import { plans } from "../promotion/plan.ts";
import { rivals, simulateRival } from "../promotion/simulation/rivals/index.ts";
import { raiseEdge, usedServices } from "../rehearsal/edge.ts";
import { findEnvoy } from "../rehearsal/envoy.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import { raise } from "../rehearsal/stage.ts";
import type { RehearsalSummary } from "../rehearsal/summary.ts";
import { defaultWorkload } from "../rehearsal/workload.ts";
import type { Figure, Figures } from "./figure.ts";

const RPS = 100;
const SEED = 1;
const SHIFTS = 50;

/** Promises about real servers behind a real edge with real users: a whole promotion, two rollbacks, and fifty shifts. */
export async function* rehearsal(): Figures {
  const dead = await rehearsed("dead");
  yield {
    what: `dead candidate at ${RPS} requests per second: user requests that reached it`,
    promise: "at most 75",
    kept: dead.summary.result === "rolled-back" && dead.summary.candidate.userRequests <= 75,
    ours: figure(dead.summary.candidate.userRequests),
    others: rivals.map((rival) => ({ rule: rival.rule, value: figure(deadUnder(rival)) })),
  };
  const late = await rehearsed("late:50");
  const promoted = await rehearsed(null);
  yield acting([dead, late]);
  yield moved([late, promoted]);
  yield await shifting();
}

type Rehearsed = { summary: RehearsalSummary; events: Event[] };

async function rehearsed(fault: string | null): Promise<Rehearsed> {
  const events: Event[] = [];
  const settings = { workload: null, plan: plans.rehearsal, rps: RPS, fault, sourceDown: 0, seed: SEED };
  const summary = await rehearse(settings, {
    say: () => {},
    event: (_, event) => void events.push(event),
    signal: new AbortController().signal,
  });
  return { summary, events };
}

const deadUnder = (rival: (typeof rivals)[number]): number => {
  const errorRate = (role: string) => (role === "candidate" ? 1 : 0.0001);
  return simulateRival(rival, { rps: RPS, errorRate, seed: SEED }, 0).requests;
};

/** From the poll with the verdict until the old share is confirmed by the edge. */
function acting(rolledBack: Rehearsed[]): Figure {
  const took = rolledBack.map(({ events }) => {
    const verdict = events.findLastIndex((event) => event.event === "judged" && event.verdict.kind === "roll-back");
    const [judged, inForce] = [events[verdict], events[verdict + 1]];
    return judged && inForce?.event === "in-force" ? inForce.at - judged.at : Number.POSITIVE_INFINITY;
  });
  return {
    what: "from the verdict until the edge confirms the share, the slower of two rollbacks",
    promise: "at most 250 ms",
    kept: Math.max(...took) <= 250,
    ours: `${figure(Math.max(...took))} ms`,
    others: [
      { rule: "acting on the next poll, every second", value: "up to 1,000 ms" },
      { rule: "Flagger, acting on the next check, every minute", value: "up to 60,000 ms" },
    ],
  };
}

function moved(all: Rehearsed[]): Figure {
  const sum = (count: (summary: RehearsalSummary) => number) =>
    all.reduce((total, { summary }) => total + count(summary), 0);
  const calls = sum(({ candidate }) => candidate.userRequests);
  const sessions = sum(({ movedSessions }) => movedSessions);
  return {
    what: "calls in an open session answered by another revision, during a promotion and a rollback from 50 %",
    promise: "none",
    kept: sessions === 0 && all.map(({ summary }) => summary.result).join() === "rolled-back,promoted",
    ours: `${figure(sessions)} (${figure(calls)} requests on the candidate)`,
    others: [{ rule: "plain weights at 50 %, by arithmetic", value: "every second call" }],
  };
}

/** Users' failures during fifty shifts under load, and during the same time without shifts. */
async function shifting(): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const say = () => {};
  const binary = await findEnvoy({ toolsFolder: fileURLToPath(new URL("../.tools", import.meta.url)), say });
  const workload = defaultWorkload();
  const stage = await raise({ workload, folder, fault: null, seed: SEED, say });
  try {
    const run = (at: string) => stage.runEnvoy(binary, at);
    const edge = await raiseEdge(join(folder, "edge"), stage.services, { clock, run });
    const crowd = await users({ rps: RPS, seed: SEED, services: await usedServices(workload, edge) });
    const shares = [10, 50, 100, 25, 5];
    const began = clock.now();
    for (let i = 0; i < SHIFTS; i++) {
      await edge.target.setShare(shares[i % shares.length] ?? 10);
      await clock.sleep(400);
    }
    const shifted = await crowd.tally();
    await clock.sleep(clock.now() - began);
    const all = await crowd.stop();
    const calm = { failures: all.failures - shifted.failures, requests: all.requests - shifted.requests };
    return {
      what: `user errors during ${SHIFTS} shifts at ${RPS} requests per second`,
      promise: "none, and no session moved",
      kept: shifted.failures === 0 && all.movedSessions === 0 && shifted.requests > 0,
      ours: `${figure(shifted.failures)} of ${figure(shifted.requests)} requests, ${figure(all.movedSessions)} moved`,
      others: [
        {
          rule: "the same time without shifts",
          value: `${figure(calm.failures)} of ${figure(calm.requests)} requests`,
        },
      ],
    };
  } finally {
    await stage.down();
    await rm(folder, { recursive: true, force: true });
  }
}
