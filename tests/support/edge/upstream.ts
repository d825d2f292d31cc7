import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** A small server that keeps sessions as MCP servers do, and misbehaves on request (header `x-do`). */
export type Upstream = {
  port: number;
  seen: number;
  /** Lets the calls that asked to be held (`x-do: hold`) have their answers. */
  release(): void;
  stop(): Promise<void>;
};

/** Starts one; it signs its answers (header `x-answered-by`) with the revision's name. */
export async function startUpstream(revision: string, port = 0): Promise<Upstream> {
  const sessions = new Set<string>();
  const held = new Set<() => void>();
  const server = createServer(async (request, response) => {
    upstream.seen += 1;
    for await (const _ of request); // a body that is not read would hold the connection back
    const session = request.headers["mcp-session-id"];
    response.setHeader("x-answered-by", revision);
    if (request.headers["x-revision"]) response.setHeader("x-leaked", "x-revision");
    if (typeof session === "string" && !sessions.has(session)) {
      return send(response, 404, { jsonrpc: "2.0", id: null, error: { code: -32001, message: "no such session" } });
    }
    const known = typeof session === "string" ? session : randomUUID();
    sessions.add(known);
    response.setHeader("mcp-session-id", known);
    if (request.headers["x-do"] === "hold") await new Promise<void>((resolve) => held.add(resolve));
    await answer(request, response);
  });
  const upstream: Upstream = {
    port: 0,
    seen: 0,
    release() {
      for (const go of held) go();
      held.clear();
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  upstream.port = (server.address() as AddressInfo).port;
  return upstream;
}

const good = { jsonrpc: "2.0", id: 1, result: { content: [] } };
const toolError = { jsonrpc: "2.0", id: 1, result: { content: [], isError: true } };
const rpcError = { jsonrpc: "2.0", id: 1, error: { code: -32602, message: "no such tool" } };
const progress = { jsonrpc: "2.0", method: "notifications/progress", params: { progress: 1 } };

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET" && request.url === "/mcp") return stream(response, []); // stays open
  const what = String(request.headers["x-do"] ?? "answer");
  const [verb = "", argument = ""] = what.split(":");
  switch (verb) {
    case "status":
      return send(response, Number(argument), rpcError);
    case "slow":
      await wait(Number(argument));
      return send(response, 200, good);
    case "slow-failure":
      await wait(Number(argument));
      return send(response, 500, good);
    case "big":
      return send(response, 200, { ...good, padding: "x".repeat(Number(argument)) });
    case "tool-error":
      return argument === "sse" ? streamed(response, [progress, toolError]) : send(response, 200, toolError);
    case "no-tool-error":
      return send(response, 200, { ...toolError, result: { isError: false } });
    case "rpc-error":
      return argument === "sse" ? streamed(response, [progress, rpcError]) : send(response, 200, rpcError);
    case "reset":
      request.socket.destroy();
      return;
    case "cut":
      stream(response, [progress]);
      await wait(20);
      request.socket.destroy();
      return;
    case "hang":
      return;
    case "sse":
      return streamed(response, [progress, good]);
    default:
      return send(response, 200, good);
  }
}

function send(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function stream(response: ServerResponse, events: object[]) {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  for (const event of events) response.write(`event: message\ndata: ${JSON.stringify(event)}\n\n`);
}

function streamed(response: ServerResponse, events: object[]) {
  stream(response, events);
  response.end();
}
