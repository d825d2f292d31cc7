import { setTimeout as pause } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Milliseconds } from "../ecosystem/units.ts";
import { Finding, telling } from "./cause.ts";
import type { EndpointPlace } from "./endpoint.ts";
import type { Exchange, Wire } from "./wire.ts";

/** A connected server: the client, the endpoint, the server's name and version, and the negotiated protocol. */
export type Connection = {
  client: Client;
  place: EndpointPlace;
  server: { name: string; version: string } | undefined;
  protocol: string;
  inSession: boolean;
};

type Reach = { wire: Wire; headers: Record<string, string>; timeoutMs: Milliseconds };

/**
 * Connects to the first endpoint that speaks MCP, in the newest protocol version both sides support.
 * Tries the next endpoint only if the previous one is not MCP at all.
 * @throws Finding with the most telling exchange.
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

/** MCP's own liveness check: `ping`, or `server/discover` since 2026-07-28, which has no ping. Returns the method's name. */
export async function signOfLife(client: Client, options: { signal: AbortSignal; timeout: number }): Promise<string> {
  if (client.getProtocolEra() === "modern") {
    await client.discover(options);
    return "server/discover (this protocol version has no ping)";
  }
  await client.ping(options);
  return "ping";
}

/** Longest wait for the end of the sessions, in milliseconds; a hanging server keeps its session. */
const END_MS: Milliseconds = 5000;

/**
 * Ends every session that a server created, including those of failed connections, and closes the client. Retries on a
 * rate limit while time lasts. Returns why sessions were left open, if any; never throws.
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
  return `the session was left open: DELETE ${left.status === "fulfilled" ? `returned ${left.value}` : "timed out"}`;
}

// Servers return 400 or 404 for a session that is gone, and 405 if they end sessions by themselves.
const isEnded = (status: number): boolean => (status >= 200 && status < 300) || [400, 404, 405].includes(status);
