import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { parseFault, share } from "./faults.ts";
import { type ReferenceServer, startReferenceServer } from "./server.ts";

let server: ReferenceServer;
beforeAll(async () => {
  server = await startReferenceServer({ name: "mahavishnu", version: "0.36.0" });
});
afterAll(() => server.close());
beforeEach(() => server.setFault({ kind: "none" }));

const BOTH = "application/json, text/event-stream";
const CLIENT = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };

async function post(message: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: BOTH, ...headers },
    body: typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...(message as object) }),
    redirect: "manual",
  });
  const text = await response.text();
  const json = /^\{|^event: message\ndata: (.*)\n\n$/s.test(text)
    ? JSON.parse(text.replace(/^event: message\ndata: /, ""))
    : text;
  return {
    status: response.status,
    session: response.headers.get("mcp-session-id"),
    type: response.headers.get("content-type"),
    json,
  };
}

async function opened(protocolVersion = "2025-11-25") {
  const { session, json } = await post({ id: 1, method: "initialize", params: { ...CLIENT, protocolVersion } });
  return { own: { "mcp-session-id": session ?? "" }, json };
}

describe("initialize", () => {
  test.each([
    ["2025-06-18", "2025-06-18"],
    ["2025-11-25", "2025-11-25"],
    ["2026-07-28", "2025-11-25"],
    ["1999-01-01", "2025-11-25"],
  ])("with %s is answered with %s on an event stream with a session", async (asked, spoken) => {
    const answer = await post({ id: 1, method: "initialize", params: { ...CLIENT, protocolVersion: asked } });
    expect(answer).toMatchObject({
      status: 200,
      type: "text/event-stream",
      session: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(answer.json).toMatchObject({
      id: 1,
      result: { protocolVersion: spoken, serverInfo: { name: "mahavishnu", version: "0.36.0" } },
    });
  });

  test("with nothing in it is an error in a good answer", async () => {
    const before = server.sessions.size;
    expect(await post({ id: 1, method: "initialize", params: {} })).toMatchObject({
      status: 200,
      json: { error: { code: -32602 } },
    });
    expect(server.sessions.size).toBe(before);
  });
});

describe("required headers", () => {
  const list = { id: 2, method: "tools/list" };

  test("both content types, or any: JSON alone is refused, with an id of a session that is none", async () => {
    const { own } = await opened();
    expect(await post(list, { ...own, accept: "application/json" })).toMatchObject({ status: 406 });
    expect((await post(list, { accept: "application/json" })).session).toMatch(/^[0-9a-f]{32}$/);
    expect(await post(list, { ...own, accept: "*/*" })).toMatchObject({ status: 200 });
  });

  test("an open session, and a protocol version that exists", async () => {
    expect(await post(list)).toMatchObject({
      status: 400,
      json: { error: { message: "Bad Request: Missing session ID" } },
    });
    expect(await post(list, { "mcp-session-id": "nobody" })).toMatchObject({ status: 404 });
    const { own } = await opened();
    expect(await post(list, { ...own, "mcp-protocol-version": "1999-01-01" })).toMatchObject({ status: 400 });
    expect(await post("{", own)).toMatchObject({ status: 400, json: { error: { code: -32700 } } });
  });
});

describe("messages", () => {
  test("tools are those of the service, and answer with name and version", async () => {
    const { own } = await opened();
    const { json } = await post({ id: 2, method: "tools/list" }, own);
    expect(json.result.tools.map(({ name }: { name: string }) => name)).toEqual([
      "list_repos",
      "get_health",
      "get_liveness",
      "pool_list",
    ]);
    const called = await post({ id: "a", method: "tools/call", params: { name: "list_repos" } }, own);
    expect(called.json).toMatchObject({ id: "a", result: { isError: false } });
    expect(called.json.result.content[0].text).toContain('"version":"0.36.0"');
    expect(server.sessions.get(own["mcp-session-id"])).toBe(1);
  });

  test("notifications, pings, unknown methods and unknown tools", async () => {
    const { own } = await opened();
    expect(await post({ method: "notifications/initialized" }, own)).toMatchObject({ status: 202, json: "" });
    expect(await post({ id: 2, method: "ping" }, own)).toMatchObject({ status: 200, json: { result: {} } });
    expect(await post({ id: 3, method: "fly" }, own)).toMatchObject({ status: 200, json: { error: { code: -32601 } } });
    const unknown = await post({ id: 4, method: "tools/call", params: { name: "fly" } }, own);
    expect(unknown).toMatchObject({ status: 200, json: { result: { isError: true } } });
  });
});

describe("routes", () => {
  const get = (path: string, headers = {}, method = "GET") =>
    fetch(server.url + path, { headers, method, redirect: "manual" });

  test("health, the slash, and nothing else", async () => {
    expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
    expect((await get("/health")).status).toBe(503);
    const slash = await get("/mcp/", {}, "POST");
    expect([slash.status, slash.headers.get("location")]).toEqual([307, `${server.url}/mcp`]);
    expect((await get("/ready")).status).toBe(404);
    expect((await get("/mcp", {}, "PATCH")).status).toBe(405);
  });

  test("an event stream with GET, one for each session, closed with it", async () => {
    const { own } = await opened();
    expect((await get("/mcp", { ...own, accept: "application/json" })).status).toBe(406);
    expect((await get("/mcp", { accept: BOTH })).status).toBe(400);
    const stream = await get("/mcp", { ...own, accept: "text/event-stream" });
    expect([stream.status, stream.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect((await get("/mcp", { ...own, accept: "text/event-stream" })).status).toBe(409);
    expect((await get("/mcp", own, "DELETE")).status).toBe(200);
    expect(await stream.text()).toBe("");
    expect((await get("/mcp", own, "DELETE")).status).toBe(404);
    expect(server.sessions.has(own["mcp-session-id"])).toBe(false);
  });
});

describe("faults", () => {
  test("come and go while it runs, also by HTTP, and can be kept to one method", async () => {
    const { own } = await opened();
    const list = () => post({ id: 2, method: "tools/list" }, own);
    server.setFault({ kind: "dead" });
    expect((await list()).status).toBe(503);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await fetch(`${server.url}/fault`, { method: "PUT", body: '{"kind":"dead","on":"ping"}' });
    expect((await list()).status).toBe(200);
    expect((await post({ id: 3, method: "ping" }, own)).status).toBe(503);
  });

  test("in a share of the requests are spread evenly", async () => {
    const { own } = await opened();
    server.setFault({ kind: "errors", percent: 25 });
    const statuses = [];
    for (let i = 0; i < 8; i++) statuses.push((await post({ id: i, method: "ping" }, own)).status);
    expect(statuses.filter((status) => status === 500)).toHaveLength(2);
    const hit = share();
    expect(Array.from({ length: 1000 }, () => hit(0.1)).filter(Boolean)).toHaveLength(1);
  });

  test.each([
    ["dead", { kind: "dead" }],
    ["errors:5", { kind: "errors", percent: 5 }],
    ["tool-errors:0.5", { kind: "tool-errors", percent: 0.5 }],
    ["slow:300", { kind: "slow", ms: 300 }],
    ["huge:10", { kind: "huge", bytes: 10 }],
    ["redirect:http://x/?a:b", { kind: "redirect", to: "http://x/?a:b" }],
  ])("are read from %s", (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  test.each(["sleepy", "errors", "slow:", "slow:x", "redirect", ""])("are not read from %o", (text) => {
    expect(() => parseFault(text)).toThrow("unknown fault");
  });
});

test("as a process it prints its port, takes a fault, and ends on SIGTERM", async () => {
  const args = ["tests/reference-server/main.ts", "--version", "2.0.0", "--name", "akosha", "--fault", "dead"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const url = `http://127.0.0.1:${Number(String(line))}`;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/mcp`, { method: "POST" })).status).toBe(503);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});
