import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { share } from "../reference-server/faults.ts";

// A small MCP server of the 2025-06-18 protocol that passes every smoke test and goes wrong later, as servers in the field do.
// node tests/rehearsal/faulty-server.ts --port 8000 [--fault KIND] [--after POSTS] [--form charset|gzip]
// `status-N`: that code to everybody. `rpc-errors`, `tool-errors`: for three of ten calls. `forgets`: a session after two seconds.
// `stateless`: keeps no sessions. `malformed`: a result that is
// no object, for three of ten calls. Faults begin with the POST after `--after`.
const { values } = parseArgs({
  options: {
    port: { type: "string" },
    fault: { type: "string", default: "none" },
    after: { type: "string", default: "0" },
    form: { type: "string", default: "plain" },
  },
});
const { fault, form } = values;
const SESSION_MS = 2000;
const hit = share();
const sessions = new Map<string, number>();
let posts = 0;

type Message = { id?: string | number; method?: string; params?: { name?: string } };
type Answer = { result: unknown } | { error: { code: number; message: string } };

createServer((request, response) => void serve(request, response)).listen(Number(values.port), "127.0.0.1");

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  if (request.url === "/healthz") return void response.end("ok");
  const session = request.headers["mcp-session-id"]?.toString();
  if (request.method === "DELETE") {
    sessions.delete(session ?? "");
    return void response.end();
  }
  if (request.method !== "POST") return void response.writeHead(405, { allow: "POST, DELETE" }).end();
  posts += 1;
  const isCompressed = form === "gzip" && /gzip/.test(request.headers["accept-encoding"]?.toString() ?? "");
  try {
    post(JSON.parse(body), session, { response, isCompressed });
  } catch {
    response.writeHead(400).end("Parse error");
  }
}

type To = { response: ServerResponse; isCompressed: boolean };

function post(message: Message, session: string | undefined, to: To): void {
  const isFaulty = posts > Number(values.after);
  const refusal = refusalOf(message, session, isFaulty);
  if (refusal) send(to, refusal, message, { error: { code: -32000, message: "refused" } });
  else if (message.method === "initialize") open(message, to);
  else if (message.id === undefined) to.response.writeHead(202).end();
  else send(to, 200, message, answer(message, isFaulty));
}

/** The code that refuses a request, or undefined. */
function refusalOf({ method }: Message, session: string | undefined, isFaulty: boolean): number | undefined {
  const [, status] = /^status-(\d+)$/.exec(fault) ?? [];
  if (status && isFaulty) return Number(status);
  if (method === "initialize" || fault === "stateless") return undefined;
  if (session === undefined) return 400;
  const opened = sessions.get(session);
  const isForgotten = opened === undefined || (fault === "forgets" && Date.now() - opened > SESSION_MS);
  return isForgotten ? 404 : undefined;
}

function open(message: Message, to: To): void {
  const id = randomUUID();
  sessions.set(id, Date.now());
  const result = {
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "faulty", version: "1" },
  };
  send(to, 200, message, { result }, fault === "stateless" ? {} : { "mcp-session-id": id });
}

function answer({ method, params }: Message, isFaulty: boolean): Answer {
  const text = (said: string) => [{ type: "text", text: said }];
  if (method === "ping") return { result: {} };
  if (method === "tools/list") return { result: { tools: [{ name: "echo", inputSchema: { type: "object" } }] } };
  if (method !== "tools/call") return { error: { code: -32601, message: "Method not found" } };
  if (params?.name !== "echo") return { error: { code: -32602, message: "Unknown tool" } };
  if (fault === "rpc-errors" && isFaulty && hit(30)) return { error: { code: -32603, message: "database is gone" } };
  if (fault === "malformed" && isFaulty && hit(30)) return { result: "hello" };
  if (fault === "tool-errors" && isFaulty && hit(30)) return { result: { content: text("failed"), isError: true } };
  return { result: { content: text("hello") } };
}

function send(
  { response, isCompressed }: To,
  status: number,
  { id = 0 }: Message,
  answer: Answer,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify({ jsonrpc: "2.0", id, ...answer });
  const type = form === "charset" ? "application/json; charset=utf-8" : "application/json";
  const encoding = isCompressed ? { "content-encoding": "gzip" } : {};
  response.writeHead(status, { "content-type": type, ...encoding, ...headers });
  response.end(isCompressed ? gzipSync(body) : body);
}
