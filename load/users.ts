import type { Probes } from "../promotion/probes.ts";
import { startHelper } from "./link.ts";
import type { Tally } from "./tally.ts";
import type { UsersVerbs } from "./users-process.ts";
import type { UsedService } from "./view.ts";

/** The users and the probes of a rehearsal, in a process of their own. */
export type Users = Probes & {
  /** What the users have met so far. Throws when their process is gone. */
  tally(): Promise<Tally>;
  /** Ends every session and the process, in about three seconds at most, and returns the last tally. */
  stop(): Promise<Tally>;
};

/**
 * Lets users loose on services: together they send about `rps` POST requests a second, opening and closing sessions of five
 * seconds on average, and a few long ones. At 0 there are no users; the probes begin when they are given a rate.
 */
export async function users(wanted: { services: UsedService[]; rps: number; seed: number }): Promise<Users> {
  const helper = startHelper<UsersVerbs>("the users process", new URL("users-process.ts", import.meta.url));
  await helper.ask("begin", wanted);
  return {
    rate: (perSecond) => helper.ask("rate", perSecond),
    tally: () => helper.ask("tally"),
    async stop() {
      try {
        return await helper.ask("stop");
      } finally {
        await helper.end();
      }
    },
  };
}
