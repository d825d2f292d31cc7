import { contentDigest } from "./digest.ts";
import type { History, ReleaseContent } from "./history.ts";
import { ReleaseError } from "./release.ts";

/** Numbers below are reserved for the stack's own containers; the last one is the broadcast address. */
const FIRST = 16;

/** How many addresses an IPv4 network in CIDR form has. */
export const sizeOf = (subnet: string): number => 2 ** (32 - Number(subnet.split("/")[1]));

/**
 * Chooses the host number of a new revision in a Docker network of `size` addresses. It is frozen with the revision, so
 * adding or removing services never renumbers a running one. A single service keeps two numbers: the writer's, and the next
 * one for the candidate. Throws a ReleaseError if the network is full.
 */
export function hostNumber(content: ReleaseContent & { attempt?: number }, history: History, size: number): number {
  const { service, sessions } = content;
  const single = sessions === "single";
  const seat = history.revisions.findLast((other) => other.service === service && other.sessions === "single");
  if (single && seat?.hostNumber !== undefined && seat.hostNumber + 1 < size - 1) return seat.hostNumber;
  // preferably one that no release uses, because an old release may be deployed again
  return (
    free(content, single, size, numbersOf(history.revisions)) ??
    free(content, single, size, numbersOf(history.stable)) ??
    full(size)
  );
}

type Numbered = { hostNumber?: number; sessions: string };

/** The numbers that revisions occupy. */
export const numbersOf = (revisions: readonly Numbered[]): Set<number> =>
  new Set(
    revisions.flatMap(({ hostNumber, sessions }) =>
      hostNumber === undefined ? [] : sessions === "single" ? [hostNumber, hostNumber + 1] : [hostNumber],
    ),
  );

/** The first free number, starting from a hash of the content so that branches rarely choose the same one. */
function free(content: ReleaseContent, single: boolean, size: number, taken: ReadonlySet<number>): number | undefined {
  const width = single ? 2 : 1;
  const room = Math.floor((size - 1 - FIRST) / width);
  const start = Number.parseInt(contentDigest(single ? content.service : content).slice(0, 10), 16) % room;
  for (let step = 0; step < room; step += 1) {
    const number = FIRST + width * ((start + step) % room);
    if (!taken.has(number) && !(single && taken.has(number + 1))) return number;
  }
  return undefined;
}

function full(size: number): never {
  throw new ReleaseError(
    `compose.subnet: no address is left in a network of ${size}. Choose a larger one, and redeploy the stack. Example: subnet: 172.29.0.0/16`,
  );
}
