import { noCounts, type RevisionCounts, type ServiceCounts, subtractCounts } from "../counts.ts";
import { logMeanExp } from "./numbers.ts";

/** The number of client buckets. */
export const BUCKETS = 16;
/**
 * The smallest number of clients with which no single one can decide anything. Clients are told apart only by their bucket, so that one
 * client and n others use fewer than four buckets, and nobody can be ignored, with a probability of 33 % for n = 3, 8.4 % for n = 4,
 * 1.8 % for n = 5 and 0.4 % for n = 6. Whoever shares a bucket is ignored together with the other.
 */
export const ENOUGH = 4;

/** A value for all clients, and for all but one or two of them: keyed "", "3" or "3 7" by the clients left out, in order of arrival. */
export type Views<T> = Readonly<Record<string, T>>;

/** Only the view of all clients. */
export const startViews = <T>(all: T): Views<T> => ({ "": all });

/** A revision's counts in every view. */
export function viewsOf(counts: RevisionCounts): Views<RevisionCounts> {
  const clients = clientsOf(counts);
  const pairs = clients.flatMap((x, i) => clients.slice(i + 1).map((y) => `${x} ${y}`));
  return Object.fromEntries(["", ...clients, ...pairs].map((leftOut) => [leftOut, withoutClients(counts, leftOut)]));
}

/** Adds one poll to every view, with the counts of that view's clients. Leaving out a client starts with its first request. */
export function observeViews<T>(
  views: Views<T>,
  counts: ServiceCounts,
  observe: (view: T, counts: ServiceCounts) => T,
): Views<T> {
  const grown = { ...views };
  for (const client of [...clientsOf(counts.candidate), ...clientsOf(counts.stable)]) {
    if (client in grown) continue;
    for (const [leftOut, view] of Object.entries(grown)) {
      if (leftOut.includes(" ")) continue;
      grown[leftOut === "" ? client : `${leftOut} ${client}`] = view;
    }
  }
  return Object.fromEntries(
    Object.entries(grown).map(([leftOut, view]) => [leftOut, observe(view, without(counts, leftOut))]),
  );
}

/**
 * Evidence that no single client can create or destroy, as the logarithm of an e-value. With E(L) the e-value of the requests of all
 * clients but those in L, and w over "none" and each bucket,
 *   R = min over x of mean over w of E({x, w}),   x over "none" and, when at least four clients use the candidate, each client in `inUse`.
 *
 * Valid: each E(L) is an e-process, so the mean for x = "none" is one, and R never exceeds it: while the hypothesis holds, R ever
 * reaches 1/alpha with probability at most alpha.
 * No single client convicts or certifies: for x = that client, none of its requests is in any E({x, w}).
 * No single client prevents either for good: for every x, E({x, that client}) is in the mean, which costs at most a factor of 17.
 * Source: means and minima of e-values, Vovk & Wang, Annals of Statistics 2021 (arXiv 1912.06116).
 */
export function logRobust<T>(views: Views<T>, inUse: readonly string[], logE: (view: T) => number): number {
  const logs = new Map(Object.entries(views).map(([leftOut, view]) => [leftOut, logE(view)]));
  const clients = [...logs.keys()].filter((leftOut) => leftOut !== "" && !leftOut.includes(" "));
  if (clients.length === 0) return logs.get("") as number;
  const meanWithout = (x: string) => {
    const others = clients.filter((client) => client !== x).map((client) => logs.get(pair(logs, x, client)) as number);
    // "none", and the buckets without requests: leaving them out changes nothing
    const same = BUCKETS + 1 - others.length;
    const sum = logMeanExp([...others, (logs.get(x) as number) + Math.log(same)]) + Math.log(others.length + 1);
    return sum - Math.log(BUCKETS + 1);
  };
  return Math.min(...suspects(inUse.filter((client) => logs.has(client))).map(meanWithout));
}

/** True when a predicate holds for all clients together and, with enough clients in use, also without any one of them. */
export const holdsWithoutAnyone = (inUse: readonly string[], holds: (leftOut: string) => boolean): boolean =>
  suspects(inUse).every(holds);

/** A revision's counts without some clients' requests. */
export function withoutClients(counts: RevisionCounts, leftOut: string): RevisionCounts {
  if (leftOut === "") return counts;
  const gone = leftOut.split(" ").map((client) => counts.clients?.[client] ?? noCounts);
  return { ...counts, user: gone.reduce(subtractCounts, counts.user) };
}

/** The clients with requests in a revision's counts; none when the source does not distinguish clients. */
export const clientsOf = ({ clients = {} }: RevisionCounts): string[] =>
  Object.keys(clients).filter((client) => (clients[client] ?? noCounts).requests > 0);

/** The clients that a finding must hold without: none and, when there are enough, each client in turn. */
export const suspects = (inUse: readonly string[]): string[] => (inUse.length >= ENOUGH ? ["", ...inUse] : [""]);

const pair = (logs: ReadonlyMap<string, number>, x: string, y: string): string =>
  x === "" ? y : logs.has(`${x} ${y}`) ? `${x} ${y}` : `${y} ${x}`;

const without = ({ stable, candidate }: ServiceCounts, leftOut: string): ServiceCounts => ({
  stable: withoutClients(stable, leftOut),
  candidate: withoutClients(candidate, leftOut),
});
