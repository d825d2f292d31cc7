import type { Percent, Seconds } from "../ecosystem/units.ts";
import type { Clock } from "../promotion/clock.ts";
import type { MetricsSource } from "../promotion/metrics-source.ts";
import type { TrafficController } from "../promotion/traffic-controller.ts";

/** The time span of one shift, in milliseconds since the epoch. */
export type Shift = { from: number; to: number };

/** The same controller, which injects faults before each shift and records when it happened. */
export function withFaults(
  target: TrafficController,
  faultsAt: (share: Percent) => Promise<void>,
  shifts: Shift[],
  clock: Clock,
): TrafficController {
  return {
    ...target,
    setShare: async (share) => {
      await faultsAt(share);
      const from = clock.now();
      await target.setShare(share);
      shifts.push({ from, to: clock.now() });
    },
  };
}

/** The same source, silent for `seconds` after its third observation at a share above 0. */
export function withSilence(
  source: MetricsSource,
  seconds: Seconds,
  shareInForce: () => number,
  clock: Clock,
): MetricsSource {
  let answers = 0;
  let silentUntil: number | null = null;
  return {
    poll: async () => {
      if (shareInForce() > 0) answers += 1;
      if (seconds > 0 && answers > 3) silentUntil ??= clock.now() + seconds * 1000;
      if (silentUntil !== null && clock.now() < silentUntil) return { silent: true, why: "silenced for the rehearsal" };
      return source.poll();
    },
    samples: () => source.samples(),
  };
}
