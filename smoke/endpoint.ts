/** One place where a server may be: the address that speaks MCP, and the base that its other paths hang from. */
export type EndpointPlace = { endpoint: URL; base: URL };

const MCP_PATH = "/mcp";

/**
 * Where to look for MCP, in order, from what a person wrote: the server's base or the endpoint itself.
 * With `path` there is one place: that path below the base. Without it a bare host means `/mcp`, then `/`;
 * a longer address is tried as it stands, then with `/mcp` below it.
 * User and password are left out of the addresses; `credentials` has them as a header's value.
 * @throws TypeError where it is not an http or https address.
 */
export function backupLocationsOf(written: string, path?: string): [EndpointPlace, ...EndpointPlace[]] {
  const url = new URL(written);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError(`${url.protocol} is not http or https`);
  url.username = "";
  url.password = "";
  url.hash = "";
  const wanted = (path ?? MCP_PATH).replace(/^\/*/, "/");
  const itself = url.pathname.replace(/\/$/, "");
  if (wanted !== "/" && itself.endsWith(wanted.replace(/\/$/, ""))) {
    return [{ endpoint: url, base: at(url, itself.slice(0, -wanted.replace(/\/$/, "").length)) }];
  }
  const inside = { endpoint: below(url, wanted), base: url };
  if (path !== undefined) return [inside];
  if (itself === "") return [inside, { endpoint: url, base: url }];
  return [{ endpoint: url, base: at(url, "/") }, inside];
}

/** The address of `path` below `base`, with the base's query. */
export const below = (base: URL, path: string): URL =>
  at(base, base.pathname.replace(/\/$/, "") + path.replace(/^\/*/, "/"));

/** The value of an `Authorization` header for the user and password in an address, if it has any. */
export function credentials(written: string): string | undefined {
  const { username, password } = new URL(written);
  if (!username && !password) return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`;
}

/** A part of an address without its percent signs, or as it is where they make no sense. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function at(url: URL, pathname: string): URL {
  const other = new URL(url);
  other.pathname = pathname;
  return other;
}
