import { setTimeout as pause } from "node:timers/promises";
import type { Milliseconds } from "../ecosystem/units.ts";
import { type Random, seeded } from "../promotion/random.ts";
import { serve } from "./link.ts";
import { CALLS_PER_SECOND, exponential, LONG_CALLS_PER_SECOND, loadFor, SESSION_MS } from "./load.ts";
import { type Prober, prober } from "./prober.ts";
import { emptyTally, type Tally } from "./tally.ts";
import { liveSession } from "./user.ts";
import type { UsedService } from "./view.ts";

/** The calls that the users process serves. */
export type UsersVerbs = {
  begin(wanted: { services: UsedService[]; rps: number; seed: number }): void;
  rate(perSecond: number): void;
  tally(): Tally;
  stop(): Promise<Tally>;
};

/** A user's average pause after a failure, in milliseconds. */
const AFTER_FAILURE_MS: Milliseconds = 1000;
/** How long the last requests may take at shutdown, in milliseconds. */
const SHUTDOWN_MS: Milliseconds = 3000;
/** Users arrive spread over this time, in milliseconds. */
const ARRIVAL_MS: Milliseconds = 1000;

const tally = emptyTally();
const over = new AbortController();
let users: Promise<void>[] = [];
let probers: Prober[] = [];

/** One user: one session after another until the run ends. */
async function use(service: UsedService, random: Random, address: string, life: Life): Promise<void> {
  const rest = (ms: number) => pause(ms, undefined, { signal: over.signal }).catch(() => {});
  await rest(random() * ARRIVAL_MS);
  while (!over.signal.aborted) {
    const { lifeMs, restMs, callsPerSecond, stream } = life;
    const session = {
      service,
      tally,
      random,
      lifeMs: lifeMs(random),
      callsPerSecond,
      stream,
      address,
      stop: over.signal,
    };
    const ending = await liveSession(session);
    await rest(ending === "lived" ? exponential(random, restMs) : AFTER_FAILURE_MS * (0.5 + random()));
  }
}

/** Users are told apart by their addresses, in a network of their own. */
const addressOf = (network: number, user: number) => `10.${network}.${Math.floor(user / 250)}.${1 + (user % 250)}`;

type Life = { lifeMs: (random: Random) => number; restMs: Milliseconds; callsPerSecond: number; stream: boolean };

const verbs: UsersVerbs = {
  begin({ services, rps, seed }) {
    const load = loadFor(rps / services.length);
    const short = { lifeMs: (random: Random) => exponential(random, SESSION_MS), callsPerSecond: CALLS_PER_SECOND };
    const long = { lifeMs: () => Number.POSITIVE_INFINITY, callsPerSecond: LONG_CALLS_PER_SECOND };
    users = services.flatMap((service) => [
      ...Array.from({ length: load.users }, (_, user) =>
        use(service, seeded(seed, `${service.name} user ${user}`), addressOf(0, user), {
          ...short,
          restMs: load.restMs,
          stream: false,
        }),
      ),
      ...Array.from({ length: load.longUsers }, (_, user) =>
        use(service, seeded(seed, `${service.name} long ${user}`), addressOf(1, user), {
          ...long,
          restMs: 0,
          stream: user % 2 === 0,
        }),
      ),
    ]);
    probers = services.flatMap((service) => [prober(service, "stable"), prober(service, "candidate")]);
  },
  rate(perSecond) {
    for (const { rate } of probers) rate(perSecond);
  },
  tally: () => tally,
  async stop() {
    over.abort();
    await Promise.race([Promise.all([...users, ...probers.map(({ stop }) => stop())]), pause(SHUTDOWN_MS)]);
    return tally;
  },
};

serve(verbs);
