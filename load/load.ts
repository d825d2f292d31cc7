import type { Random } from "../promotion/random.ts";

/** How one service's users are spread out so that together they send a wanted number of POST requests a second. */
export type Load = {
  /** Users who open one session after another, and how long they rest in between, in milliseconds on average. */
  users: number;
  restMs: number;
  /** Users who keep one session for the whole run. Every second one of them also listens for what the server says unasked. */
  longUsers: number;
};

/** How long a session lives on average. */
export const SESSION_MS = 5000;
/** Tool calls a second within a session, and within a long one. */
export const CALLS_PER_SECOND = 2;
export const LONG_CALLS_PER_SECOND = 1;

/** Long sessions stay on the revision where they began and say nothing about new ones, so they are kept to a few. */
const LONG_SHARE = 0.05;
/** Opening a session takes two POSTs: `initialize` and the notification after it. */
const POSTS_PER_SESSION = 2 + (CALLS_PER_SECOND * SESSION_MS) / 1000;

/** The load for `rps` POST requests a second; 0 is nobody. */
export function loadFor(rps: number): Load {
  const longUsers = Math.floor((rps * LONG_SHARE) / LONG_CALLS_PER_SECOND);
  const sessionsPerSecond = (rps - longUsers * LONG_CALLS_PER_SECOND) / POSTS_PER_SESSION;
  const users = Math.ceil((sessionsPerSecond * SESSION_MS) / 1000);
  return { users, restMs: users === 0 ? 0 : (users * 1000) / sessionsPerSecond - SESSION_MS, longUsers };
}

/** A draw from the exponential distribution with that mean, cut off at four times the mean. */
export const exponential = (random: Random, mean: number): number => Math.min(-mean * Math.log(1 - random()), 4 * mean);

/** One of the items, each as likely as the others. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick from");
  return item;
}
