import { setTimeout as pause } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Finding, telling } from "./cause.ts";
import type { EndpointPlace } from "./endpoint.ts";
import type { Exchange, Wire } from "./wire.ts";

/** A server that answered: the client that speaks to it, where it is, who it says it is, and what was agreed on. */
export type Connection = {
  client: Client;
  place: EndpointPlace;
  server: { name: string; version: string } | undefined;
  protocol: string;
  inSession: boolean;
};

type Reach = { wire: Wire; headers: Record<string, string>; timeoutMs: number };

/**
 * Connects at the first place that speaks MCP, in the newest protocol version both sides know.
 * The next place is tried only where the one before has nothing to say to MCP at all.
 * @throws Finding that names the exchange that tells most.
 */
export async function connect(
  places: readonly EndpointPlace[],
  reach: Reach,
  signal: AbortSignal,
): Promise<Connection> {
  const failures: { error: unknown; exchange: Exchange | undefined }[] = [];
  for (const place of places) {
    const from = reach.wire.exchanges.length;
    try {
      const client = await connectAt(place, reach, signal);
      const protocol = client.getNegotiatedProtocolVersion() ?? "";
      const inSession = client.transport?.sessionId !== undefined;
      return { client, place, protocol, inSession, server: client.getServerVersion() };
    } catch (error) {
      const exchange = telling(reach.wire.exchanges.slice(from));
      failures.push({ error, exchange });
      if (!isNotMcp(exchange)) break;
    }
  }
  const failure = failures.find(({ exchange }) => !isNotMcp(exchange)) ?? failures[0];
  const tried =
    failures.length > 1
      ? `no MCP server at ${places.map(({ endpoint }) => endpoint.pathname).join(" or ")}`
      : "no MCP connection";
  throw new Finding(tried, { exchange: failure?.exchange, cause: failure?.error });
}

async function connectAt(
  { endpoint }: EndpointPlace,
  { wire, headers, timeoutMs }: Reach,
  signal: AbortSignal,
): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(endpoint, {
    fetch: wire.fetch,
    requestInit: { headers },
    reconnectionScheduler: (reconnect, delayMs) => {
      const timer = setTimeout(reconnect, Math.min(delayMs, timeoutMs)).unref();
      return () => clearTimeout(timer);
    },
  });
  const client = new Client(
    { name: "maha-smoke", version: "1" },
    { versionNegotiation: { mode: "auto" }, enforceStrictCapabilities: true },
  );
  const close = () => transport.close();
  signal.addEventListener("abort", close);
  try {
    await client.connect(transport, { signal, timeout: timeoutMs });
    return client;
  } catch (error) {
    await transport.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

const isNotMcp = (exchange: Exchange | undefined): boolean =>
  exchange?.status === 404 ||
  exchange?.status === 405 ||
  (exchange?.status === 200 && /html/i.test(exchange.contentType));

/** MCP's own sign of life: `ping`, and since 2026-07-28, which has none, `server/discover`. Returns the method's name. */
export async function signOfLife(client: Client, options: { signal: AbortSignal; timeout: number }): Promise<string> {
  if (client.getProtocolEra() === "modern") {
    await client.discover(options);
    return "server/discover (this protocol version has no ping)";
  }
  await client.ping(options);
  return "ping";
}

/** No session is waited for longer than this, in milliseconds: a server that hangs keeps its session. */
const END_MS = 5000;

/**
 * Ends every session a server handed out, also those of a connection that failed half-way, and closes the client.
 * A rate limit that stands in the way is waited for while time lasts. Returns why sessions were left, if any were; never throws.
 */
export async function disconnect(
  connection: Connection | undefined,
  { wire, headers, timeoutMs }: Reach,
): Promise<string | undefined> {
  await connection?.client.close();
  const signal = AbortSignal.timeout(Math.min(END_MS, timeoutMs));
  const endings = [...wire.sessions].map(async ([id, url]) => {
    const own = { "mcp-session-id": id, ...(connection && { "mcp-protocol-version": connection.protocol }) };
    for (;;) {
      const response = await wire.fetch(url, { method: "DELETE", headers: { ...headers, ...own }, signal });
      await response.body?.cancel();
      if (response.status !== 429) return response.status;
      await pause(1000 * (Number(response.headers.get("retry-after")) || 1), undefined, { signal });
    }
  });
  const outcomes = await Promise.allSettled(endings);
  const left = outcomes.find((outcome) => outcome.status === "rejected" || !isEnded(outcome.value));
  if (!left) return undefined;
  return `the session was left open: DELETE ${left.status === "fulfilled" ? `answered ${left.value}` : "was not answered in time"}`;
}

// 400 and 404 are what servers answer where the session is gone; 405 is a server that ends its sessions by itself.
const isEnded = (status: number): boolean => (status >= 200 && status < 300) || [400, 404, 405].includes(status);
