import type { Clock } from "../promotion/clock.ts";
import type { MetricsSource } from "../promotion/metrics-source.ts";
import type { TrafficController } from "../promotion/traffic-controller.ts";

/** A stretch of time in which a share was being moved, in milliseconds since the epoch. */
export type Shift = { from: number; to: number };

/** The same target, which breaks what is to be broken before a share comes in force, and takes down when each shift was. */
export function withFaults(
  target: TrafficController,
  faultsAt: (share: number) => Promise<void>,
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

/** The same source, silent for some seconds from its third answer under a share on. */
export function withSilence(
  source: MetricsSource,
  seconds: number,
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
  };
}
