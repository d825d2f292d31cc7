import { afterEach, describe, expect, test, vi } from "vitest";
import { emptyTally } from "../../load/tally.ts";
import { liveSession } from "../../load/user.ts";
import type { UsedService } from "../../load/view.ts";
import type { WorkloadCall } from "../../load/workload-call.ts";
import { seeded } from "../../promotion/random.ts";
import type { Behaviour } from "../../rehearsal/faults.ts";
import { startProxy } from "../../rehearsal/proxy.ts";
import { mcpServer } from "../rehearsal/mcp-server.ts";
import { soon } from "../rehearsal/processes.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const hello: WorkloadCall = { tool: "echo", arguments: { message: "hello" } };
const wait = (ms: number): WorkloadCall => ({ tool: "wait", arguments: { ms } });

/** A server, a proxy that calls itself `b`, and its users. */
async function scene({ behaviour = { kind: "healthy" } as Behaviour, sessions = true, calls = [hello] } = {}) {
  const server = await mcpServer({ sessions });
  cleanUps.push(server.close);
  const proxy = await startProxy({ port: server.port, path: "/mcp", revision: "b", random: seeded(7, "proxy") });
  cleanUps.push(proxy.close);
  await proxy.behave(behaviour);
  const service = { name: "files", url: `http://127.0.0.1:${proxy.port}`, path: "/mcp", calls, sessions };
  return { server, proxy, ...user(service) };
}

function user(used: Omit<UsedService, "preview">) {
  const service = { ...used, preview: { stable: {}, candidate: {} } };
  const tally = emptyTally();
  const stop = new AbortController();
  const random = seeded(7, "user");
  const live = (lifeMs = 200) =>
    liveSession({
      service,
      tally,
      random,
      lifeMs,
      callsPerSecond: 50,
      stream: false,
      address: "10.0.0.1",
      stop: stop.signal,
    });
  return { tally, stop, live };
}

describe("an undisturbed session", () => {
  test.each([true, false])(
    "is opened, used and closed, and every POST is counted once (sessions: %s)",
    async (sessions) => {
      const { server, live, tally } = await scene({ sessions });
      expect(await live()).toBe("lived");
      const calls = server.count("tools/call");
      expect(calls).toBeGreaterThan(0);
      expect(tally).toEqual({
        ...emptyTally(),
        requests: server.posts.length,
        sessions: 1,
        byRevision: {
          b: { requests: server.posts.length, failures: 0, sessions: sessions ? 1 : 0, lostSessions: 0 },
        },
      });
      expect(server.sessions.size).toBe(0);
    },
  );

  test("calls take their time: a slow answer delays the next call, and the delayed ones are made up for", async () => {
    const { server, live } = await scene({ calls: [wait(60)] });
    await live(400);
    expect(server.count("tools/call")).toBeGreaterThan(1);
    expect(server.count("tools/call")).toBeLessThan(9);
  });

  test("tool errors and JSON-RPC errors are not failures", async () => {
    const spoilt = await scene({ behaviour: { kind: "tool-errors", percent: 100 } });
    expect(await spoilt.live()).toBe("lived");
    expect(spoilt.tally.failures).toBe(0);
    const unknown = await scene({ calls: [{ tool: "no-such-tool", arguments: {} }] });
    expect(await unknown.live()).toBe("lived");
    expect(unknown.server.count("tools/call")).toBeGreaterThan(0);
    expect(unknown.tally.failures).toBe(0);
  });
});

describe("failures", () => {
  test("a dead server opens no session, and loses none", async () => {
    const { live, tally } = await scene({ behaviour: { kind: "dead" } });
    expect(await live()).toBe("broken");
    expect(tally).toMatchObject({ requests: 1, failures: 1, sessions: 0, lostSessions: 0 });
    expect(tally.byRevision).toEqual({ b: { requests: 1, failures: 1, sessions: 0, lostSessions: 0 } });
    expect(tally.failuresLog).toEqual([
      {
        at: expect.any(Number),
        service: "files",
        revision: "b",
        injected: true,
        cause: "other",
        what: "initialize: 503",
      },
    ]);
  });

  test("of errors:50, every injected failure is counted, and no other", async () => {
    const { server, live, tally } = await scene({ behaviour: { kind: "errors", percent: 50 } });
    for (let i = 0; i < 40; i++) await live();
    expect(tally.failures).toBeGreaterThan(30);
    expect(tally.failures).toBe(tally.requests - server.posts.length);
    expect(tally.failuresLog.every(({ injected, revision }) => injected && revision === "b")).toBe(true);
    expect(tally.lostSessions).toBe(tally.failuresLog.filter(({ what }) => what === "tools/call: 503").length);
    expect(server.sessions.size).toBe(server.count("initialize") - tally.sessions); // the others were closed
  });

  test("a cut stream is one, although its status is 200, and is not mended behind the user's back", async () => {
    const { server, proxy, live, tally } = await scene();
    const ending = live(5000);
    await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThan(0);
    await proxy.behave({ kind: "cut-streams", percent: 100 });
    expect(await ending).toBe("broken");
    expect(tally).toMatchObject({ requests: server.posts.length, failures: 1, sessions: 1, lostSessions: 1 });
    expect(tally.failuresLog[0]).toMatchObject({ revision: "b", injected: true, cause: "connection" });
    expect(tally.failuresLog[0]?.what).toMatch(/^tools\/call: cut off/);
  });

  test("a crash ends a session with one failure of its revision, that the proxy did not make up", async () => {
    const { server, proxy, live, tally } = await scene({ calls: [wait(5000)] });
    const ending = live(10_000);
    await expect.poll(() => server.count("tools/call"), soon).toBe(1);
    await proxy.behave({ kind: "crash" });
    expect(await ending).toBe("broken");
    expect(tally).toMatchObject({ requests: 3, failures: 1, sessions: 1, lostSessions: 1 });
    expect(tally.failuresLog[0]).toMatchObject({ revision: "b", injected: false, cause: "connection" });
  });

  test("without a listener, the revision is unknown", async () => {
    const { proxy, live, tally } = await scene();
    await proxy.close();
    expect(await live()).toBe("broken");
    expect(tally).toMatchObject({ requests: 1, failures: 1, sessions: 0, byRevision: {} });
    expect(tally.failuresLog[0]).toMatchObject({ revision: null, injected: false, cause: "connection" });
    expect(tally.failuresLog[0]?.what).toContain("ECONNREFUSED");
  });

  test("an answer that does not come in time is one", async () => {
    const { live, tally } = await scene({ calls: [wait(5000)] });
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / 100));
    expect(await live(10_000)).toBe("broken");
    expect(tally).toMatchObject({ failures: 1, lostSessions: 1 });
    expect(tally.failuresLog[0]).toMatchObject({ cause: "other", what: "tools/call: no response within 30 s" });
  });

  test("an answer that is no MCP is one", async () => {
    const { live, tally } = await scene();
    const real = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      await (await real(url, init)).text();
      return new Response("<html>", { headers: { "content-type": "text/html" } });
    });
    expect(await live()).toBe("broken");
    expect(tally).toMatchObject({ requests: 1, failures: 1, sessions: 0 });
    expect(tally.failuresLog[0]?.what).toContain("text/html");
  });
});

test.each([
  [503, "edge"],
  [401, "other"],
])("a %d that no revision answered is the edge's: %s", async (status, cause) => {
  const real = globalThis.fetch;
  const { live, tally } = await scene();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    await (await real(url, init)).text();
    return new Response(null, { status });
  });
  expect(await live()).toBe("broken");
  expect(tally.failuresLog).toMatchObject([{ cause }]);
});

describe("sessions", () => {
  test("one that its server forgets is lost, without a failure", async () => {
    const { server, live, tally } = await scene();
    const ending = live(5000);
    await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThan(0);
    server.forget();
    expect(await ending).toBe("broken");
    expect(tally).toMatchObject({ failures: 0, sessions: 1, movedSessions: 0, lostSessions: 1, endedSessions: 0 });
    expect(tally.byRevision.b).toMatchObject({ sessions: 1, lostSessions: 1 });
  });

  test("one that the edge ends by itself is not lost: no revision answered", async () => {
    const server = await mcpServer();
    cleanUps.push(server.close);
    const { live, tally } = user({ name: "files", url: server.url, path: "/mcp", calls: [hello], sessions: true });
    const ending = live(5000);
    await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThan(0);
    server.forget();
    expect(await ending).toBe("broken");
    expect(tally).toMatchObject({ failures: 0, sessions: 1, lostSessions: 0, endedSessions: 1 });
  });

  test("an answer from another revision than the session's own is a moved session", async () => {
    const server = await mcpServer({ answeredBy: (posts) => (posts === 5 ? "a" : "b") });
    cleanUps.push(server.close);
    const { live, stop, tally } = user({
      name: "files",
      url: server.url,
      path: "/mcp",
      calls: [hello],
      sessions: true,
    });
    const ending = live(60_000);
    await expect.poll(() => tally.requests, soon).toBeGreaterThan(6);
    stop.abort();
    expect(await ending).toBe("lived");
    expect(tally).toMatchObject({ movedSessions: 1, failures: 0, lostSessions: 0 });
    expect(tally.byRevision.a).toMatchObject({ requests: 1, failures: 0 });
  });

  test("a server without sessions may answer from wherever it likes", async () => {
    const server = await mcpServer({ sessions: false, answeredBy: (posts) => (posts % 2 === 0 ? "a" : "b") });
    cleanUps.push(server.close);
    const service = { name: "files", url: server.url, path: "/mcp", calls: [hello], sessions: false };
    const { live, tally } = user(service);
    expect(await live()).toBe("lived");
    expect(tally).toMatchObject({ movedSessions: 0, failures: 0 });
  });

  test("the end of the run ends one early, after the call under way, and politely", async () => {
    const { server, live, stop, tally } = await scene({ calls: [wait(300)] });
    const ending = live(60_000);
    await expect.poll(() => server.count("tools/call"), soon).toBe(1);
    stop.abort();
    expect(await ending).toBe("lived");
    expect(server.sessions.size).toBe(0);
    expect(tally).toMatchObject({ requests: 3, failures: 0, lostSessions: 0 });
  });
});
