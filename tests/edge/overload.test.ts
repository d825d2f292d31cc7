import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { edgePaths, FILES } from "../../edge/paths.ts";
import { freePort } from "../../rehearsal/port.ts";
import { type Attack, memoryOf, sockets, unfinishedOverHttp1, unfinishedOverHttp2 } from "../fixtures/edge/attacks.ts";
import { Client } from "../fixtures/edge/client.ts";
import { at, type Everyday, startEveryday } from "../fixtures/edge/everyday.ts";

const MIB = 1024 * 1024;
const call = { method: "POST", path: "/mcp" };
const portOf = ({ settings }: Everyday) => settings.services[0]?.listen.port ?? 0;

/** Only Linux says how much memory a process has had. */
const onLinux = process.platform === "linux";

test.skipIf(!onLinux).each<[string, (port: number) => Promise<Attack>[]]>([
  [
    "45 streams that ask for health with bodies of 15 MiB",
    (port) => [unfinishedOverHttp2(port, 45, 15 * MIB, { method: "GET", path: "/healthz" })],
  ],
  ["45 streams with bodies of 15 MiB", (port) => [unfinishedOverHttp2(port, 45, 15 * MIB, call)]],
  [
    "270 streams with bodies just allowed",
    (port) => [1, 2, 3].map(() => unfinishedOverHttp2(port, 90, 3.5 * MIB, call)),
  ],
  ["250 connections with bodies just allowed", (port) => [unfinishedOverHttp1(port, 250, 3.5 * MIB, call)]],
])("%s leave the edge under 400 MiB, and others are served", { timeout: 60_000 }, async (_, flood) => {
  const edge = await startEveryday();
  const attacks = await Promise.all(flood(portOf(edge)));
  onTestFinished(() => {
    for (const attack of attacks) attack.end();
  });
  // until nothing more comes in
  let before = Number.NaN;
  for (let round = 0; round < 40; round += 1) {
    const { now } = await memoryOf(edge.envoy.pid);
    if (now === before && round > 8) break;
    before = now;
    await wait(250);
  }
  expect((await memoryOf(edge.envoy.pid)).most).toBeLessThan(400);
  expect((await edge.client.call()).status).toBe(200);
  const { id } = await edge.client.open();
  expect((await edge.client.call(id)).status).toBe(200);
});

test("a body above 4 MiB is refused, and an answer of 15 MiB passes", { timeout: 60_000 }, async () => {
  const { client } = await startEveryday();
  expect((await client.call(undefined, {}, "x".repeat(4 * MIB))).status).toBe(200);
  expect((await client.call(undefined, {}, "x".repeat(4 * MIB + 1))).status).toBe(413);
  const large = await client.call(undefined, { "x-do": `big:${15 * MIB}` });
  expect([large.status, large.body.length > 15 * MIB]).toEqual([200, true]);
});

test("a request that does not end is given up, and a stream that goes on is not", async () => {
  const edge = await startEveryday();
  await shorten(edge, '"request_timeout":"30s"', '"request_timeout":"1s"');
  const { id } = await edge.client.open();
  const stream = await edge.client.stream(id);
  const held = edge.client.call(id, { "x-do": "slow:2500" });
  const attack = await unfinishedOverHttp1(portOf(edge), 1, 10, call);
  await expect.poll(() => attack.statuses, { timeout: 10_000 }).toEqual({ 408: 1 });
  expect((await held).status).toBe(200);
  expect(stream.isOpen()).toBe(true);
  stream.close();
});

test("a connection that says nothing is closed, one that has called is not", async () => {
  const edge = await startEveryday();
  await shorten(edge, '"listener_filters_timeout":"10s"', '"listener_filters_timeout":"0.5s"');
  expect((await edge.client.call()).status).toBe(200);
  const silent = await sockets(portOf(edge), 20);
  await expect.poll(() => silent.open(), { timeout: 10_000 }).toBe(0);
  expect((await edge.client.call()).status).toBe(200);
});

test("a flood of connections to a service leaves room for others, and for who looks at the edge", async () => {
  const metrics = await freePort();
  const edge = await startEveryday(onTestFinished, { metrics: at(metrics) });
  await edge.envoy.stop();
  const file = edgePaths(edge.settings.folder).bootstrap;
  const bootstrap = await readFile(file, "utf8");
  const lower = bootstrap.replace(/(connection_limit": ?)8000/, "$120").replace(/(connections": ?)10000/, "$130");
  expect(lower).not.toBe(bootstrap);
  await writeFile(file, lower);
  await edge.start();
  const flood = await sockets(portOf(edge), 100);
  onTestFinished(() => flood.end());
  await expect.poll(() => flood.open(), { timeout: 10_000 }).toBe(20);
  const scraper = new Client(metrics);
  onTestFinished(() => scraper.close());
  const more = await sockets(metrics, 40);
  onTestFinished(() => more.end());
  expect((await scraper.get("/healthz")).status).toBe(200);
  expect(await edge.admin.get("/stats?filter=downstream_cx_overflow")).toMatch(/: 80\n/);
  flood.end();
  await expect.poll(async () => (await edge.client.call()).status, { timeout: 10_000 }).toBe(200);
});

/** Replaces a time of the listeners in force by a shorter one. */
async function shorten({ settings, admin }: Everyday, from: string, to: string) {
  const file = join(edgePaths(settings.folder).root, FILES.listeners);
  const before = JSON.stringify(JSON.parse(await readFile(file, "utf8")));
  expect(before).toContain(from);
  await writeFile(`${file}.shorter`, before.replaceAll(from, to));
  await rename(`${file}.shorter`, file);
  const modified = () => admin.get("/stats?filter=listener_modified|listener_in_place_updated|listener_create_success");
  await expect.poll(modified, { timeout: 10_000 }).toMatch(/listener_modified: [1-9]/);
}
