import type { RevisionRole } from "../../ecosystem/revision-role.ts";
import type { Percent } from "../../ecosystem/units.ts";
import { type Random, seeded } from "../random.ts";
import { poisson } from "./poisson.ts";

/** A failure rate (a fraction) that may depend on the revision and the second. */
export type ErrorRate = (role: RevisionRole, second: number) => number;

/** The requests of one period on both revisions. */
export type Arrivals = Record<RevisionRole, { requests: number; failures: number }>;

/** Users' requests, second by second. */
export type Stream = {
  /** The next second's requests when `share` percent of them go to the candidate. */
  next(share: Percent): Arrivals;
};

/**
 * Independent users at `rps` requests per second (Poisson). Streams with the same seed and run draw the same numbers in each second,
 * whatever the shares, so that rules that move traffic differently are compared on the same users.
 */
export function userStream({
  rps,
  errorRate,
  seed,
  run,
}: {
  rps: number;
  errorRate: ErrorRate;
  seed: number;
  run: number | string;
}): Stream {
  const random = seeded(seed, `users ${run}`);
  let second = 0;
  return {
    next: (share) => {
      const rate = (role: RevisionRole) => errorRate(role, second);
      const arrivals = {
        candidate: arrive((rps * share) / 100, rate("candidate"), random),
        stable: arrive((rps * (100 - share)) / 100, rate("stable"), random),
      };
      second += 1;
      return arrivals;
    },
  };
}

/** The requests and failures of a Poisson stream with that mean, in two draws. */
export function arrive(mean: number, failing: number, random: Random): { requests: number; failures: number } {
  const failures = poisson(mean * failing, random());
  return { requests: failures + poisson(mean * (1 - failing), random()), failures };
}
