import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type NodeIncomingMessageLike, NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

/** A small MCP server in this process, made of the official parts, with the tools `echo` and `wait`. */
export type TestServer = {
  port: number;
  url: string;
  /** The sessions that are open now. */
  sessions: Set<string>;
  /** How many POSTs have come in, by JSON-RPC method. */
  posts: Record<string, number>;
  close(): Promise<void>;
};

/** Starts one. `sessions: false` keeps none and speaks the protocol without them; `json` answers without event streams. */
export async function mcpServer({ sessions = true, json = false } = {}): Promise<TestServer> {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  const open = new Set<string>();
  const posts: Record<string, number> = {};
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
    if (body) posts[body.method] = (posts[body.method] ?? 0) + 1;
    if (sessions) return inSession(request, response, body);
    return handler(request as NodeIncomingMessageLike, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    sessions: open,
    posts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tools(): McpServer {
  const server = new McpServer({ name: "test-server", version: "1.0.0" });
  server.registerTool("echo", { inputSchema: z.object({ message: z.string() }) }, ({ message }) => ({
    content: [{ type: "text", text: message }],
  }));
  server.registerTool("wait", { inputSchema: z.object({ ms: z.number() }) }, async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { content: [{ type: "text", text: "done" }] };
  });
  return server;
}
