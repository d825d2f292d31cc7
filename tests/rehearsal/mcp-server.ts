import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

/** A small MCP server in this process, made of the official parts, with the tools `echo` and `wait`. */
export type TestServer = {
  port: number;
  url: string;
  /** The sessions that are open now. */
  sessions: Set<string>;
  /** The POSTs that have come in: the JSON-RPC method, and the `x-revision` header. */
  posts: { method: string; wanted: string | undefined }[];
  /** How many streams have been asked for (GET). */
  streams: number;
  /** How many of the POSTs had that method. */
  count(method: string): number;
  /** Forgets every session, as a restart would. */
  forget(): void;
  close(): Promise<void>;
};

/**
 * Starts one. `sessions: false` keeps none and speaks the protocol without them; `json` answers without event streams;
 * `answeredBy` gives the revision that each answer claims to be from, by how many POSTs there have been.
 */
export async function mcpServer({
  sessions = true,
  json = false,
  answeredBy,
}: {
  sessions?: boolean;
  json?: boolean;
  answeredBy?: (posts: number) => string;
} = {}): Promise<TestServer> {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  const open = new Set<string>();
  const posts: TestServer["posts"] = [];
  const handler = toNodeHandler(createMcpHandler(tools, { responseMode: json ? "auto" : "sse" }));

  const inSession = async (request: IncomingMessage, response: ServerResponse, body: unknown) => {
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? transports.get(id) : undefined;
    if (id !== undefined && !known) return void response.writeHead(404).end("no such session");
    if (known) return known.handleRequest(request, response, body);
    const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: json,
      onsessioninitialized: (begun) => {
        transports.set(begun, transport);
        open.add(begun);
      },
      onsessionclosed: (ended) => {
        transports.delete(ended);
        open.delete(ended);
      },
    });
    await tools().connect(transport);
    await transport.handleRequest(request, response, body);
  };

  const server = createServer(async (request, response) => {
    if (request.url === "/health") return response.end("ok");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    if (request.method === "GET") test.streams += 1;
    if (body) posts.push({ method: body.method, wanted: request.headers["x-revision"]?.toString() });
    if (answeredBy) response.setHeader("x-answered-by", answeredBy(posts.length));
    if (sessions) return inSession(request, response, body);
    return handler(request as NodeIncomingMessageLike, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const test: TestServer = {
    port,
    url: `http://127.0.0.1:${port}`,
    sessions: open,
    posts,
    streams: 0,
    count: (method) => posts.filter((post) => post.method === method).length,
    forget() {
      transports.clear();
      open.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return test;
}

function tools(): McpServer {
  const server = new McpServer({ name: "test-server", version: "1.0.0" });
  server.registerTool("echo", { inputSchema: z.object({ message: z.string() }) }, ({ message }) => ({
    content: [{ type: "text", text: message }],
  }));
  server.registerTool("wait", { inputSchema: z.object({ ms: z.number() }) }, async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms).unref());
    return { content: [{ type: "text", text: "done" }] };
  });
  return server;
}
