/** A possible location of a server: its MCP endpoint, and the base URL of its other paths. */
export type EndpointPlace = { endpoint: URL; base: URL };

const MCP_PATH = "/mcp";

/**
 * Where to look for MCP, in order, given the server's base URL or the endpoint itself.
 * With `path` there is one location: that path below the base. Without it a bare host means `/mcp`, then `/`;
 * a longer URL is tried as it is, then with `/mcp` appended.
 * User and password are removed from the URLs; `credentials` returns them as a header's value.
 * @throws TypeError if it is not an http or https URL.
 */
export function endpointPlacesOf(written: string, path?: string): [EndpointPlace, ...EndpointPlace[]] {
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

/** The URL of `path` below `base`, with the base's query. */
export const below = (base: URL, path: string): URL =>
  at(base, base.pathname.replace(/\/$/, "") + path.replace(/^\/*/, "/"));

/** The `Authorization` header for the user and password in a URL, if it has any. */
export function credentials(written: string): string | undefined {
  const { username, password } = new URL(written);
  if (!username && !password) return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`;
}

/** A percent-decoded part of a URL, or the part itself if it is malformed. */
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
