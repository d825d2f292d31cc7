import type { Milliseconds } from "../ecosystem/units.ts";
import type { Random } from "../promotion/random.ts";

/** The users of one service that together send a given rate of POST requests. */
export type Load = {
  /** Users who open one session after another, with an average pause in between, in milliseconds. */
  users: number;
  restMs: Milliseconds;
  /** Users who keep one session for the whole run. Every second one also opens the server's event stream. */
  longUsers: number;
};

/** Average session duration, in milliseconds. */
export const SESSION_MS: Milliseconds = 5000;
/** Tool calls per second in a session, and in a long one. */
export const CALLS_PER_SECOND = 2;
export const LONG_CALLS_PER_SECOND = 1;

/** Long sessions stay on their first revision and so provide no evidence about new ones; keep them few. */
const LONG_SHARE = 0.05;
/** Opening a session takes two POSTs: `initialize` and the notification after it. */
const POSTS_PER_SESSION = 2 + (CALLS_PER_SECOND * SESSION_MS) / 1000;

/** The load for `rps` POST requests per second; 0 means no users. */
export function loadFor(rps: number): Load {
  const longUsers = Math.floor((rps * LONG_SHARE) / LONG_CALLS_PER_SECOND);
  const sessionsPerSecond = (rps - longUsers * LONG_CALLS_PER_SECOND) / POSTS_PER_SESSION;
  const users = Math.ceil((sessionsPerSecond * SESSION_MS) / 1000);
  return { users, restMs: users === 0 ? 0 : (users * 1000) / sessionsPerSecond - SESSION_MS, longUsers };
}

/** A sample of the exponential distribution with that mean, capped at four times the mean. */
export const exponential = (random: Random, mean: number): number => Math.min(-mean * Math.log(1 - random()), 4 * mean);

/** A random item, uniformly distributed. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("cannot pick from an empty list");
  return item;
}
