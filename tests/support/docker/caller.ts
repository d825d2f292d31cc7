/** What calls without a session have come to: by version, how many were answered, and what else came back. */
export type Tally = { answered: Record<string, number>; failures: string[] };

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "caller", version: "1.0.0" } },
});

/** Opens a session; answers its id and the version that answered. Throws what came back instead. */
export async function open(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ session: string; version: string }> {
  const { session, text } = await post(url, initialize, headers);
  const version = /"version":"([^"]+)"/.exec(text)?.[1];
  if (!session || !version) throw new Error(`no session: ${text}`);
  return { session, version };
}

/** Calls a tool in a session; answers the version that answered. Throws what came back instead. */
export async function callTool(url: string, session: string): Promise<string> {
  const call = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "get_liveness", arguments: {} } };
  const { text } = await post(url, JSON.stringify(call), { "mcp-session-id": session });
  const version = /version\\?":\\?"([0-9.]+)/.exec(text)?.[1];
  if (!version) throw new Error(`no answer: ${text}`);
  return version;
}

async function post(url: string, body: string, headers: Record<string, string>) {
  const answer = await fetch(url, {
    method: "POST",
    body,
    headers: { accept: "application/json, text/event-stream", "content-type": "application/json", ...headers },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
  return { session: answer.headers.get("mcp-session-id"), text };
}

/** Opens sessions at a service without a pause, and goes on with one of them, until it is told to stop. */
export function keepCalling(url: string): { stop(): Promise<Tally> } {
  const tally: Tally = { answered: {}, failures: [] };
  let going = true;
  const note = async (what: Promise<string>) => {
    try {
      const version = await what;
      tally.answered[version] = (tally.answered[version] ?? 0) + 1;
    } catch (error) {
      tally.failures.push((error as Error).message);
    }
  };
  const calls = (async () => {
    while (going) {
      await note(open(url).then(({ version }) => version));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    async stop() {
      going = false;
      await calls;
      return tally;
    },
  };
}
