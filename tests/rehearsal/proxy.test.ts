import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openSession } from "../../load/session.ts";
import { seeded } from "../../promotion/random.ts";
import type { Behaviour } from "../../rehearsal/faults.ts";
import { startProxy } from "../../rehearsal/proxy.ts";
import { mcpServer } from "./mcp-server.ts";
import { soon } from "./processes.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A real MCP server behind a proxy that behaves so. */
async function proxied(behaviour: Behaviour, options: Parameters<typeof mcpServer>[0] = {}) {
  const server = await mcpServer(options);
  cleanUps.push(server.close);
  const proxy = await startProxy({ port: server.port, path: "/mcp", revision: "files-1", random: seeded(7, "proxy") });
  cleanUps.push(proxy.close);
  await proxy.behave(behaviour);
  const base = `http://127.0.0.1:${proxy.port}`;
  return { server, proxy, base, url: `${base}/mcp` };
}

const initialize = {
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  }),
};
const hello = { tool: "echo", arguments: { message: "hello" } };

describe("a healthy proxy", () => {
  test.each([{ json: false }, { json: true }])("passes a whole session on (%j)", async (options) => {
    const { server, url } = await proxied({ kind: "healthy" }, options);
    const seen: string[] = [];
    const session = await openSession({
      url,
      sessions: true,
      stream: true,
      timeoutMs: 5000,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        const { headers, status } = response;
        seen.push(`${init?.method} ${status} ${headers.get("x-answered-by")} ${headers.get("x-fault")}`);
        return response;
      },
    });
    expect((await session.call(hello)).content).toEqual([{ type: "text", text: "hello" }]);
    expect(server.sessions.size).toBe(1);
    await session.close();
    expect(server.sessions.size).toBe(0);
    const answers = ["POST 200", "POST 202", "GET 200", "POST 200", "DELETE 200"];
    expect(seen.sort()).toEqual(answers.map((answer) => `${answer} files-1 null`).sort());
  });

  test("passes events on as they come, however long they are in coming, and tells the server that the client has left", async () => {
    const left = Promise.withResolvers<void>();
    const upstream = createServer((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      setTimeout(() => response.write("data: 1\n\n"), 1300);
      request.on("close", () => left.resolve());
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    cleanUps.push(async () => void upstream.close().closeAllConnections());
    const { port } = upstream.address() as AddressInfo;
    const proxy = await startProxy({ port, path: "/mcp", revision: "files-1", random: seeded(7, "proxy") });
    cleanUps.push(proxy.close);

    const client = new AbortController();
    const began = performance.now();
    const { body } = await fetch(`http://127.0.0.1:${proxy.port}/mcp`, { signal: client.signal });
    expect(performance.now() - began).toBeLessThan(1200);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("data: 1\n\n");
    client.abort();
    await left.promise;
  });

  test("breaks the connection where the server does", async () => {
    const { server, url } = await proxied({ kind: "healthy" });
    await server.close();
    await expect(fetch(url, initialize)).rejects.toThrow("fetch failed");
  });
});

test("dead: every MCP request gets an injected 503 and never reaches the server, while health looks good", async () => {
  const { server, base, url } = await proxied({ kind: "dead" });
  for (const init of [initialize, { method: "GET" }, { method: "DELETE" }]) {
    const response = await fetch(url, init);
    expect(response.status).toBe(503);
    expect(response.headers.get("x-fault")).toBe("1");
    expect(response.headers.get("x-answered-by")).toBe("files-1");
  }
  expect(server.posts).toEqual([]);
  const health = await fetch(`${base}/health`);
  expect([health.status, health.headers.get("x-fault")]).toEqual([200, null]);
});

test("errors: that percentage of POSTs, over connections that stay usable", async () => {
  const { server, url } = await proxied({ kind: "errors", percent: 30 }, { json: true });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  cleanUps.push(async () => agent.destroy());
  let refused = 0;
  let fresh = 0;
  for (let i = 0; i < 300; i++) {
    const post = request(url, { method: "POST", agent, headers: initialize.headers }).end(initialize.body);
    const [answer] = (await once(post, "response")) as [IncomingMessage];
    for await (const _ of answer);
    if (answer.statusCode === 503) refused += 1;
    if (!post.reusedSocket) fresh += 1;
    expect(answer.headers["x-fault"]).toBe(answer.statusCode === 503 ? "1" : undefined);
  }
  expect(refused).toBeGreaterThan(300 * 0.3 - 30);
  expect(refused).toBeLessThan(300 * 0.3 + 30);
  expect(server.count("initialize")).toBe(300 - refused);
  expect(fresh).toBe(1);
});

test("slow: a POST takes that much longer, a health check does not", async () => {
  const { base, url } = await proxied({ kind: "slow", ms: 600 });
  const timed = async (url: string, init?: RequestInit) => {
    const began = performance.now();
    await (await fetch(url, init)).text();
    return performance.now() - began;
  };
  expect(await timed(url, initialize)).toBeGreaterThanOrEqual(599);
  expect(await timed(`${base}/health`)).toBeLessThan(500);
});

test.each([
  { sessions: true, json: false },
  { sessions: true, json: true },
  { sessions: false, json: false },
  { sessions: false, json: true },
])("tool errors: the tool's own answer with isError, in the form the server uses (%j)", async (options) => {
  const { server, url } = await proxied({ kind: "tool-errors", percent: 100 }, options);
  const faults: string[] = [];
  const session = await openSession({
    url,
    sessions: options.sessions,
    timeoutMs: 5000,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (response.headers.has("x-fault")) faults.push(JSON.parse(String(init?.body)).method);
      return response;
    },
  });
  const result = await session.call(hello);
  expect(result.isError).toBe(true);
  expect(JSON.stringify(result.content)).toContain("injected");
  expect(faults).toEqual(["tools/call"]);
  expect(server.count("tools/call")).toBe(1);
  await session.close();
});

test.each([{ json: false }, { json: true }])(
  "cut streams: headers and a first byte, then the end (%j)",
  async (options) => {
    const { url } = await proxied({ kind: "cut-streams", percent: 100 }, options);
    const response = await fetch(url, initialize);
    expect([response.status, response.headers.get("x-fault")]).toEqual([200, "1"]);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value).toHaveLength(1);
    await expect(reader.read()).rejects.toThrow();
  },
);

test("cut streams: an answer without a body stays whole", async () => {
  const { url } = await proxied({ kind: "cut-streams", percent: 100 }, { sessions: false });
  const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
  const response = await fetch(url, { ...initialize, body });
  expect([response.status, response.headers.get("x-fault"), await response.text()]).toEqual([202, null, ""]);
});

test("crash: open responses are cut, and the port is closed", async () => {
  const { proxy, url } = await proxied({ kind: "healthy" });
  const session = await openSession({ url, sessions: true, timeoutMs: 5000 });
  const call = session.call({ tool: "wait", arguments: { ms: 5000 } });
  const cut = expect(call).rejects.toThrow();
  await expect.poll(async () => (await fetch(url, initialize)).status, soon).toBe(200);
  await proxy.behave({ kind: "crash" });
  await session.drop();
  await cut;
  await expect(once(connect(proxy.port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await proxy.behave({ kind: "crash" });
});
