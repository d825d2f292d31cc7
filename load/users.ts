import type { Probes } from "../promotion/probes.ts";
import { startHelper } from "./link.ts";
import type { Tally } from "./tally.ts";
import type { UsersVerbs } from "./users-process.ts";
import type { UsedService } from "./view.ts";

/** A rehearsal's users and probes, in their own process. */
export type Users = Probes & {
  /** The tally so far. Throws if the process has ended. */
  tally(): Promise<Tally>;
  /** Ends every session and the process within about three seconds, and returns the final tally. */
  stop(): Promise<Tally>;
};

/**
 * Starts users that together send about `rps` POST requests per second, in sessions of five seconds on average and a few
 * long ones. At 0 there are no users. Probes start once they get a rate.
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
