import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import { addCounts, noCounts } from "../promotion/counts.ts";
import { type Seen, windowsSince } from "../promotion/windows.ts";
import { latencySince, quantileMs, SlidingHistogram } from "./latency.ts";

/** Users' requests, failures and refusals, and the candidate's probes, in requests per second since the previous poll; quantiles in milliseconds over the last ten seconds. */
export type TrafficMeasure =
  | "stableUsers"
  | "candidateUsers"
  | "probes"
  | "stableFailures"
  | "candidateFailures"
  | "stableRefused"
  | "candidateRefused"
  | "stableP50"
  | "stableP95"
  | "candidateP50"
  | "candidateP95";
type Traffic = { [measure in TrafficMeasure]?: number | null };

const LATENCY_WINDOW_MS: Milliseconds = 10_000;

/** Turns growing counts into rates between polls. */
export class TrafficMeter {
  #last: { seen: Seen; at: number } | null = null;
  #latency = slidingBoth();

  /** Sets the counts before the first poll. */
  begin(seen: Seen, at: number): void {
    this.#last ??= { seen, at };
  }

  /** Call after a pause without polls: the next poll starts a new window. */
  forget(): void {
    this.#last = null;
    this.#latency = slidingBoth();
  }

  /** The traffic since the previous poll; empty for the first. */
  read(seen: Seen, at: number): Traffic {
    const last = this.#last;
    this.#last = { seen, at };
    if (!last || at <= last.at) return {};
    const perSecond = (count: number) => (count * 1000) / (at - last.at);
    const windows = Object.values(windowsSince(last.seen, seen));
    const sum = (role: RevisionRole, source: "user" | "probe") =>
      windows.map((window) => window[role][source]).reduce(addCounts, noCounts);
    const users = { stable: sum("stable", "user"), candidate: sum("candidate", "user") };
    const stable = this.#latency.stable.add(at, latencySince(last.seen, seen, "stable"));
    const candidate = this.#latency.candidate.add(at, latencySince(last.seen, seen, "candidate"));
    return {
      stableUsers: perSecond(users.stable.requests),
      candidateUsers: perSecond(users.candidate.requests),
      probes: perSecond(sum("candidate", "probe").requests),
      stableFailures: perSecond(users.stable.failures),
      candidateFailures: perSecond(users.candidate.failures),
      stableRefused: perSecond(users.stable.refused),
      candidateRefused: perSecond(users.candidate.refused),
      ...(stable && { stableP50: quantileMs(stable, 0.5), stableP95: quantileMs(stable, 0.95) }),
      ...(candidate && { candidateP50: quantileMs(candidate, 0.5), candidateP95: quantileMs(candidate, 0.95) }),
    };
  }
}

const slidingBoth = () => ({
  stable: new SlidingHistogram(LATENCY_WINDOW_MS),
  candidate: new SlidingHistogram(LATENCY_WINDOW_MS),
});
