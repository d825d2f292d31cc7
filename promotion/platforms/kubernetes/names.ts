import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { Address, Edge, EdgeRevision, EdgeService } from "../../../edge/settings.ts";

/** Resolves a name to its IPv4 address; undefined when it has none. Throws when resolution fails. */
export type Lookup = (name: string) => Promise<string | undefined>;

/** Placeholder for a name without an address: connections fail at once, and only that name's revision is unavailable. */
export const NOWHERE = "255.255.255.255";

/** An edge with addresses in place of host names: Envoy accepts only addresses, and puts them into session ids. */
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

/** Resolves like every program in a pod: cluster names need the pod's search domains. */
export const findInCluster: Lookup = (name) =>
  lookup(name, { family: 4 }).then(
    ({ address }) => address,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTFOUND") return undefined;
      throw new Error(`cannot resolve ${name}: ${error.message}`);
    },
  );

/**
 * Returns the last known address at once, refreshes it in the background, and reports changes: traffic can be rolled back even
 * during a DNS outage.
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
    noted.catch(() => {}); // the last known address stays valid
    return Promise.resolve(before);
  };
}
