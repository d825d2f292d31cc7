import { afterEach, expect, test } from "vitest";
import { type Prober, prober } from "../../load/prober.ts";
import { mcpServer } from "../rehearsal/mcp-server.ts";
import { soon } from "../rehearsal/processes.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function scene({ sessions = true, call = { tool: "echo", arguments: { message: "hello" } as object } } = {}) {
  const server = await mcpServer({ sessions });
  cleanUps.push(server.close);
  const calls = [{ tool: call.tool, arguments: { ...call.arguments } }];
  const preview = { stable: {}, candidate: { "x-revision": "candidate" } };
  const service = { name: "files", url: server.url, path: "/mcp", calls, sessions, preview };
  const probes: Prober = prober(service, "candidate");
  cleanUps.push(() => probes.stop());
  return { server, probes };
}

test.each([true, false])(
  "probes at the rate that is set, says which revision it wants, and stops (sessions: %s)",
  async (sessions) => {
    const { server, probes } = await scene({ sessions });
    const began = performance.now();
    probes.rate(20);
    await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThanOrEqual(20);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(new Set(server.posts.map(({ wanted }) => wanted))).toEqual(new Set(["candidate"]));
    expect(server.count(sessions ? "initialize" : "server/discover")).toBe(1);
    probes.rate(0);
    const stopped = performance.now();
    await expect.poll(() => server.sessions.size, soon).toBe(sessions ? 1 : 0);
    await probes.stop();
    expect(server.sessions.size).toBe(0);
    expect(server.count("tools/call")).toBeLessThanOrEqual(((stopped - began) / 1000) * 20 + 1);
  },
);

test("a session that is gone is replaced by a new one", async () => {
  const { server, probes } = await scene();
  probes.rate(50);
  await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThan(2);
  server.forget();
  await expect.poll(() => server.count("initialize"), soon).toBe(2);
  const before = server.count("tools/call");
  await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThan(before + 5);
  expect(server.count("initialize")).toBe(2);
});

test("a server that hangs does not make probes pile up, and one that is gone does no harm", async () => {
  const { server, probes } = await scene({ call: { tool: "wait", arguments: { ms: 60_000 } } });
  probes.rate(100);
  await expect.poll(() => server.count("tools/call"), soon).toBe(4);
  await new Promise((resolve) => setTimeout(resolve, 300)); // thirty more probes' time
  expect(server.count("tools/call")).toBe(4);
  await server.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
});
