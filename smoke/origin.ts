import type { Connection } from "./connection.ts";
import type { Wire } from "./wire.ts";

/** An origin that cannot exist (RFC 2606). */
const FOREIGN = "https://attacker.invalid";

/**
 * Sends a harmless notification with a foreign Origin, which MCP servers must reject with 403 against DNS rebinding. The
 * result is a remark and never a failure, because an edge in front of the server may do the check.
 */
export async function foreignOrigin(
  { client, place, protocol }: Connection,
  { wire, headers, signal }: { wire: Wire; headers: Record<string, string>; signal: AbortSignal },
): Promise<string> {
  const session = client.transport?.sessionId;
  const { status, body } = await wire.fetch(place.endpoint, {
    method: "POST",
    headers: {
      ...headers,
      ...{ origin: FOREIGN, "content-type": "application/json", accept: "application/json, text/event-stream" },
      ...{ "mcp-protocol-version": protocol, ...(session !== undefined && { "mcp-session-id": session }) },
    },
    body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "none" } }),
    signal,
  });
  await body?.cancel();
  if (status === 403) return "a foreign Origin: 403";
  if (status === 429) return "a foreign Origin: not tested, rate limit reached";
  return `remark: a foreign Origin got ${status} instead of 403, so pages of other sites can call this server (DNS rebinding)`;
}
