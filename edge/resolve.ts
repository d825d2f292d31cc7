import { type Address, checkSettings, type EdgeSettings, type NamedEdgeSettings } from "./settings.ts";

/**
 * The settings with the addresses that stand behind their names, because a session's id carries an instance's address.
 * `lookup` tells the IPv4 addresses of a name, none when it has none; the edge then goes on without that revision's
 * instances. When it throws nothing is known, and whoever writes the edge's files leaves them as they are.
 */
export async function resolveEdge(
  settings: NamedEdgeSettings,
  lookup: (host: string) => Promise<string[]>,
): Promise<EdgeSettings> {
  const revision = async ({ id, endpoints }: NamedRevision) => {
    const found = await Promise.all(
      endpoints.map(async (endpoint): Promise<Address[]> => {
        if ("address" in endpoint) return [endpoint];
        const addresses = await lookup(endpoint.host);
        // Always in one order, so that the files change only when the instances do.
        return addresses.toSorted().map((address) => ({ address, port: endpoint.port }));
      }),
    );
    return { id, endpoints: found.flat() };
  };
  const services = await Promise.all(
    settings.services.map(async ({ stable, candidate, ...service }) => ({
      ...service,
      stable: await revision(stable),
      ...(candidate && { candidate: await revision(candidate) }),
    })),
  );
  return checkSettings({ ...settings, services });
}

type NamedRevision = NamedEdgeSettings["services"][number]["stable"];
