import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { services } from "../../ecosystem/services.ts";
import { misbehave, type ReferenceFault, share } from "./faults.ts";

export type ReferenceServer = {
  /** The base address, without `/mcp`. */
  url: string;
  port: number;
  /** The sessions that are open now, by id, each with how many tool calls it has made. */
  sessions: Map<string, number>;
  /** What it has been asked so far: HTTP requests on the MCP path, sessions opened and ended, and JSON-RPC messages by method. */
  counts: { requests: number; opened: number; ended: number; methods: Record<string, number> };
  setFault(fault: ReferenceFault): void;
  close(): Promise<void>;
};

type Setup = {
  name: string;
  version: string;
  tools?: readonly string[];
  host?: string;
  port?: number;
  fault?: ReferenceFault;
};

/**
 * Starts a server that speaks the contract of the ecosystem's servers as they were measured: routes, status codes, sessions,
 * event streams, errors. It offers the tools of the service with its name, or `tools`; each answers with its name and the version.
 * Binds 127.0.0.1 or `host`; port 0 takes a free one. `PUT /fault` with a fault as JSON does what `setFault` does.
 */
export async function startReferenceServer(setup: Setup): Promise<ReferenceServer> {
  const tools = setup.tools ?? services.find(({ name }) => name === setup.name)?.tools ?? ["get_liveness", "ping"];
  const state: State = {
    ...setup,
    tools,
    fault: setup.fault ?? { kind: "none" },
    sessions: new Map(),
    streams: new Map(),
    counts: { requests: 0, opened: 0, ended: 0, methods: {} },
    hit: share(),
  };
  const server = createServer((request, response) => void serve(state, request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(setup.port ?? 0, setup.host ?? "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sessions: state.sessions,
    counts: state.counts,
    setFault: (fault) => {
      state.fault = fault;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type State = Pick<ReferenceServer, "sessions" | "counts"> & {
  name: string;
  version: string;
  tools: readonly string[];
  fault: ReferenceFault;
  /** The event stream that a session has opened with GET. */
  streams: Map<string, ServerResponse>;
  hit: (percent: number) => boolean;
};

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?")[0];
  if (path === "/mcp") {
    state.counts.requests++;
    try {
      await serveMcp(state, request, response);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, code, message, session } = error;
      json(response, status, { jsonrpc: "2.0", id: "server-error", error: { code, message } }, session);
    }
  } else if (path === "/mcp/") {
    response.writeHead(307, { location: `http://${request.headers.host}/mcp` }).end();
  } else if (path === "/healthz") {
    json(response, 200, { status: "ok" });
  } else if (path === "/health") {
    json(response, 503, { status: "unhealthy", dependencies: { redis: "unreachable" } });
  } else if (path === "/fault" && request.method === "PUT") {
    state.fault = JSON.parse(await bodyOf(request));
    response.writeHead(204).end();
  } else {
    response.writeHead(404).end("Not Found");
  }
}

async function serveMcp(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") return post(state, request, response);
  if (state.fault.on === undefined && misbehave(state.fault, response, state.hit)) return;
  if (request.method === "GET") return listen(state, request, response);
  if (request.method === "DELETE") return end(state, request, response);
  throw new Refusal(405, "Method Not Allowed");
}

/** A request that breaks the contract, and how it is answered. Some refusals carry the id of a session that is never opened. */
class Refusal extends Error {
  readonly status: number;
  readonly session: string | undefined;
  readonly code: number;
  constructor(status: number, message: string, session?: string, code = -32600) {
    super(message);
    this.status = status;
    this.session = session;
    this.code = code;
  }
}

const PROTOCOLS = ["2025-03-26", "2025-06-18", "2025-11-25"];

type Message = { id?: string | number; method?: string; params?: Record<string, unknown> };

async function post(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = parsed(await bodyOf(request));
  const { methods } = state.counts;
  if (message?.method) methods[message.method] = (methods[message.method] ?? 0) + 1;
  const fault: ReferenceFault = state.fault.on && state.fault.on !== message?.method ? { kind: "none" } : state.fault;
  if (fault.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));
  else if (misbehave(fault, response, state.hit)) return;

  // An id is made for every request without one, whether a session comes of it or not.
  const session = header(request, "mcp-session-id") ?? randomUUID().replaceAll("-", "");
  if (!accepts(request, "application/json") || !accepts(request, "text/event-stream")) {
    throw new Refusal(406, "Not Acceptable: Client must accept both application/json and text/event-stream", session);
  }
  if (!message) throw new Refusal(400, "Parse error", session, -32700);
  if (message.method !== "initialize") openSession(state, request, session);
  if (message.id === undefined || message.method === undefined) {
    response.writeHead(202, { "mcp-session-id": session }).end();
    return;
  }
  const answer = answerTo(state, message, session, fault);
  response.writeHead(200, eventStream(session));
  response.end(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: message.id, ...answer })}\n\n`);
}

/** The id of the open session that a request names. */
function openSession(state: State, request: IncomingMessage, made?: string): string {
  const session = header(request, "mcp-session-id");
  if (session === undefined) throw new Refusal(400, "Bad Request: Missing session ID", made);
  if (!state.sessions.has(session)) throw new Refusal(404, "Session not found");
  const version = header(request, "mcp-protocol-version");
  if (version === undefined || PROTOCOLS.includes(version)) return session;
  throw new Refusal(400, `Bad Request: Unsupported protocol version: ${version}`);
}

type Answer = { result: unknown } | { error: { code: number; message: string } };

function answerTo(state: State, { method, params = {} }: Message, session: string, fault: ReferenceFault): Answer {
  const { name, version, tools, sessions, counts } = state;
  switch (method) {
    case "initialize": {
      const { protocolVersion, capabilities, clientInfo } = params;
      if (!protocolVersion || !capabilities || !clientInfo)
        return { error: { code: -32602, message: "Invalid request parameters" } };
      if (!sessions.has(session)) counts.opened++;
      sessions.set(session, 0);
      const spoken = PROTOCOLS.find((one) => one === protocolVersion) ?? PROTOCOLS.at(-1);
      return { result: { protocolVersion: spoken, capabilities: { tools: {} }, serverInfo: { name, version } } };
    }
    case "ping":
      return { result: {} };
    case "tools/list":
      return {
        result: { tools: tools.map((tool) => ({ name: tool, inputSchema: { type: "object", properties: {} } })) },
      };
    case "tools/call":
      sessions.set(session, (sessions.get(session) ?? 0) + 1);
      return { result: called(state, String(params.name), fault) };
    default:
      return fault.kind === "credulous" ? { result: {} } : { error: { code: -32601, message: "Method not found" } };
  }
}

function called({ name, version, tools, hit }: State, tool: string, fault: ReferenceFault): unknown {
  const text = (said: string, isError = false) => ({ content: [{ type: "text", text: said }], isError });
  if (!tools.includes(tool) && fault.kind !== "credulous") return text(`Unknown tool: '${tool}'`, true);
  if (fault.kind === "tool-errors" && hit(fault.percent)) return text(`Error calling tool '${tool}'`, true);
  if (fault.kind === "hidden-error") return text('{"success": false, "error": "database is locked"}');
  return text(JSON.stringify({ status: "ok", tool, server: name, version }));
}

/** GET: the one event stream of a session, open until the session or the client ends. */
function listen(state: State, request: IncomingMessage, response: ServerResponse): void {
  if (!accepts(request, "text/event-stream"))
    throw new Refusal(406, "Not Acceptable: Client must accept text/event-stream");
  const session = openSession(state, request);
  if (state.streams.has(session)) throw new Refusal(409, "Conflict: Only one SSE stream is allowed per session");
  state.streams.set(session, response);
  response.once("close", () => state.streams.delete(session));
  response.writeHead(200, eventStream(session));
  response.flushHeaders();
}

function end(state: State, request: IncomingMessage, response: ServerResponse): void {
  const session = openSession(state, request);
  state.sessions.delete(session);
  state.counts.ended++;
  state.streams.get(session)?.end();
  response.writeHead(200).end();
}

const eventStream = (session: string) => ({
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "mcp-session-id": session,
});

function json(response: ServerResponse, status: number, body: unknown, session?: string): void {
  response.writeHead(status, { "content-type": "application/json", ...(session && { "mcp-session-id": session }) });
  response.end(JSON.stringify(body));
}

const header = (request: IncomingMessage, name: string): string | undefined => request.headers[name]?.toString();

function accepts(request: IncomingMessage, type: string): boolean {
  const accepted = request.headers.accept ?? "";
  return accepted.includes(type) || accepted.includes("*/*");
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}

function parsed(body: string): Message | undefined {
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    return undefined;
  }
}
