import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { Address, Edge, EdgeRevision, EdgeService } from "../../../edge/settings.ts";

/** Finds the IPv4 address of a name; undefined when it has none. Throws when nobody can say. */
export type Lookup = (name: string) => Promise<string | undefined>;

/** Stands for a name without an address: a connection there fails at once, and only the revision behind that name is missing. */
export const NOWHERE = "255.255.255.255";

/** An edge with addresses in place of host names: Envoy takes no others, and puts them into the ids of sessions. */
export async function resolved({ settings, position }: Edge, find: Lookup): Promise<Edge> {
  const at = async ({ address, port }: Address) => ({
    address: isIPv4(address) ? address : ((await find(address)) ?? NOWHERE),
    port,
  });
  const revision = async ({ id, endpoints }: EdgeRevision) => ({ id, endpoints: await Promise.all(endpoints.map(at)) });
  const service = async ({ stable, candidate, ...rest }: EdgeService) => ({
    ...rest,
    stable: await revision(stable),
    ...(candidate && { candidate: await revision(candidate) }),
  });
  return { settings: { ...settings, services: await Promise.all(settings.services.map(service)) }, position };
}

/** Asks as every program in a pod does: the cluster's names are found by the pod's own list of domains. */
export const findInCluster: Lookup = (name) =>
  lookup(name, { family: 4 }).then(
    ({ address }) => address,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTFOUND") return undefined;
      throw new Error(`the address of ${name} cannot be found out: ${error.message}`);
    },
  );

/**
 * Answers at once what was found last, asks anew behind it, and says when that has changed: traffic can be taken back also
 * while nobody finds names.
 */
export function remembering(find: Lookup, changed: () => void): Lookup {
  const known = new Map<string, string | undefined>();
  const asked = new Map<string, Promise<string | undefined>>();
  return (name) => {
    const before = known.get(name);
    const answer = asked.get(name) ?? find(name).finally(() => asked.delete(name));
    asked.set(name, answer);
    const noted = answer.then((ip) => {
      const isNew = known.has(name) && known.get(name) !== ip;
      known.set(name, ip);
      if (isNew) changed();
      return ip;
    });
    if (!known.has(name)) return noted;
    noted.catch(() => {}); // what was found last goes on to hold
    return Promise.resolve(before);
  };
}
