import {
  type CallToolResult,
  Client,
  type FetchLike,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { Milliseconds } from "../ecosystem/units.ts";
import type { WorkloadCall } from "./workload-call.ts";

/** An open MCP session of the official client. */
export type Session = {
  /** The session's id; undefined if the server has no sessions. */
  id: string | undefined;
  /** Calls a tool. Throws on anything but a result; a result with `isError` is a result. */
  call(call: WorkloadCall): Promise<CallToolResult>;
  /** Ends the session on the server, within two seconds at most, and closes. Never throws. */
  close(): Promise<void>;
  /** Closes without ending the session on the server. Never throws. */
  drop(): Promise<void>;
};

/**
 * Opens a session. With `sessions: false` the client negotiates the protocol version without sessions; `stream` opens the
 * server's event stream (GET); `timeoutMs` bounds every response. Throws if the session cannot be opened.
 */
export async function openSession({
  url,
  sessions,
  stream = false,
  headers = {},
  timeoutMs,
  fetch = globalThis.fetch,
}: {
  url: string;
  sessions: boolean;
  stream?: boolean;
  headers?: Record<string, string>;
  timeoutMs: Milliseconds;
  fetch?: FetchLike;
}): Promise<Session> {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers },
    fetch: async (url, init) => {
      if (init?.method === "GET" && !stream) return new Response(null, { status: 405 });
      return fetch(url, init?.method === "DELETE" ? { ...init, signal: AbortSignal.timeout(GOODBYE_MS) } : init);
    },
  });
  const client = new Client(
    { name: "maha-rehearsal", version: "1.0.0" },
    { versionNegotiation: { mode: sessions ? "legacy" : "auto" } },
  );
  const timeout = { timeout: timeoutMs };
  await client.connect(transport, timeout);
  const drop = () => client.close().catch(() => {});
  return {
    id: transport.sessionId,
    call: ({ tool, arguments: given }) => client.callTool({ name: tool, arguments: given }, timeout),
    async close() {
      await transport.terminateSession().catch(() => {});
      await drop();
    },
    drop,
  };
}

const GOODBYE_MS: Milliseconds = 2000;
