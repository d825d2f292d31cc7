import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { Files } from "./files.ts";

/** Finds the IPv4 address of a name; undefined when it has none. Throws when nobody can say. */
export type Lookup = (name: string) => Promise<string | undefined>;

/** Stands for a name without an address: a connection there fails at once, and only the revision behind that name is missing. */
export const NOWHERE = "255.255.255.255";

/**
 * The files with addresses in place of names. Envoy takes addresses only, and a session's id begins with the one of the
 * instance that gave it out (`base64(host:port)`), so both are replaced.
 */
export async function resolved(files: Files, find: Lookup): Promise<Files> {
  const places = Object.keys(files)
    .filter((name) => name.startsWith("eds-"))
    .flatMap((name) => placesIn(files[name] as string))
    .filter(({ address }) => !isIPv4(address));
  const found = await Promise.all(
    places.map(async ({ address, port_value: port }) => {
      const ip = (await find(address)) ?? NOWHERE;
      return [
        [`"${address}"`, `"${ip}"`],
        [sessionsOf(address, port), sessionsOf(ip, port)],
      ] as const;
    }),
  );
  const replaced = (text: string) => found.flat().reduce((all, [name, ip]) => all.replaceAll(name, ip), text);
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, replaced(text)]));
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

type NamedAddress = { address: string; port_value: number };
type Endpoints = {
  resources: { endpoints: { lb_endpoints: { endpoint: { address: { socket_address: NamedAddress } } }[] }[] }[];
};

const placesIn = (text: string): NamedAddress[] =>
  (JSON.parse(text) as Endpoints).resources
    .flatMap(({ endpoints }) => endpoints)
    .flatMap(({ lb_endpoints }) => lb_endpoints)
    .map(({ endpoint }) => endpoint.address.socket_address);

const sessionsOf = (address: string, port: number) => `"${Buffer.from(`${address}:${port}`).toString("base64")};"`;
