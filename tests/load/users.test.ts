import { afterEach, expect, test } from "vitest";
import { loadFor } from "../../load/load.ts";
import { type Users, users } from "../../load/users.ts";
import { seeded } from "../../promotion/random.ts";
import { startProxy } from "../../rehearsal/proxy.ts";
import { mcpServer } from "../rehearsal/mcp-server.ts";
import { descendants, soon } from "../rehearsal/processes.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const usersProcesses = () => descendants(process.pid).filter(({ command }) => command.includes("users-process"));

async function scene(rps: number, ...names: string[]) {
  const server = await mcpServer();
  cleanUps.push(server.close);
  const proxies = await Promise.all(
    names.map((revision) => startProxy({ port: server.port, path: "/mcp", revision, random: seeded(7, revision) })),
  );
  for (const { close } of proxies) cleanUps.push(close);
  const crowd: Users = await users({
    services: proxies.map(({ port }, i) => ({
      name: `service-${i}`,
      url: `http://127.0.0.1:${port}/`,
      path: "/mcp",
      calls: [{ tool: "echo", arguments: { message: "hello" } }],
      sessions: true,
      preview: { stable: { "x-revision": "stable" }, candidate: { "x-revision": "candidate" } },
    })),
    rps,
    seed: 1,
  });
  cleanUps.push(() => crowd.stop().catch(() => {}));
  return { server, proxies, crowd };
}

test("users bring the load that was asked for, some of them listening, and leave without a trace", async () => {
  const { server, crowd } = await scene(80, "a");
  await expect.poll(async () => (await crowd.tally()).requests, soon).toBeGreaterThan(80);
  const [before, began] = [await crowd.tally(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 3000)); // the time over which the load is measured
  const perSecond = ((await crowd.tally()).requests - before.requests) / ((performance.now() - began) / 1000);
  expect(perSecond).toBeGreaterThan(80 * 0.5);
  expect(perSecond).toBeLessThan(80 * 1.5);
  expect(server.streams).toBe(Math.ceil(loadFor(80).longUsers / 2));

  const tally = await crowd.stop();
  expect(tally.byRevision).toEqual({
    a: { requests: tally.requests, failures: 0, sessions: tally.sessions, lostSessions: 0 },
  });
  expect(tally).toMatchObject({ failures: 0, movedSessions: 0, lostSessions: 0, endedSessions: 0, failuresLog: [] });
  expect(tally.sessions).toBe(server.count("initialize"));
  expect(server.sessions.size).toBe(0);
  expect(usersProcesses()).toEqual([]);
  await expect(crowd.tally()).rejects.toThrow("the users process has ended");
});

test("a dead service is tried again by each user about once a second, and the other service has its load", async () => {
  const began = performance.now();
  const { proxies, crowd } = await scene(80, "a", "b");
  await proxies[1]?.behave({ kind: "dead" });
  await expect.poll(async () => (await crowd.tally()).byRevision.a?.requests, soon).toBeGreaterThan(120);
  const { byRevision, failures } = await crowd.stop();
  const seconds = (performance.now() - began) / 1000;
  expect(byRevision.a?.failures).toBe(0);
  expect(failures).toBe(byRevision.b?.failures);
  const { users: each, longUsers } = loadFor(40);
  expect(byRevision.b?.failures).toBeGreaterThan(each);
  expect(byRevision.b?.failures).toBeLessThan((each + longUsers) * (1 + 2 * seconds));
});

test("without users there are the probes alone, on both revisions", async () => {
  const { server, crowd } = await scene(0, "a");
  await crowd.rate(20);
  await expect.poll(() => server.count("tools/call"), soon).toBeGreaterThan(20);
  await crowd.rate(0);
  const wanted = server.posts.filter(({ method }) => method === "tools/call").map(({ wanted }) => wanted);
  for (const role of ["stable", "candidate"])
    expect(wanted.filter((revision) => revision === role).length).toBeGreaterThan(5);
  expect(await crowd.stop()).toMatchObject({ requests: 0, sessions: 0 });
  expect(server.sessions.size).toBe(0);
});
