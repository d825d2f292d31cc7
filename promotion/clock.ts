import { setTimeout } from "node:timers/promises";
import type { Milliseconds } from "../ecosystem/units.ts";

/** Time as the promotion sees it: milliseconds since the epoch, and a sleep that an abort ends early. */
export type Clock = { now(): Milliseconds; sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void> };

/** The wall clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await setTimeout(ms, undefined, signal ? { signal } : {}).catch((error: Error) => {
      if (error.name !== "AbortError") throw error;
    });
  },
};
