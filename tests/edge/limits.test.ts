import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { limitFilters } from "../../edge/limits.ts";
import type { Limits } from "../../edge/settings.ts";
import { noCounts } from "../../promotion/counts.ts";
import { Client } from "../fixtures/edge/client.ts";
import { deferred, type Everyday, startEveryday } from "../fixtures/edge/everyday.ts";

/** Ten at once, and the next one after ten seconds: nothing comes back while a test looks. */
const tight: Limits = { perMinute: 6, burst: 10, perHour: 1000, exempt: ["127.0.0.3/32", "127.1.0.0/16"] };

const { defer, cleanUp } = deferred();
let edge: Everyday;
beforeAll(async () => {
  edge = await startEveryday(defer, { limits: tight });
});
afterAll(cleanUp);

/** A client of an edge that has its own address. */
function clientFrom(address: string, { settings }: Everyday = edge) {
  const client = new Client(settings.services[0]?.listen.port ?? 0, address);
  onTestFinished(() => client.close());
  return client;
}

const seen = () => [...edge.stable, edge.candidate].reduce((sum, { seen }) => sum + seen, 0);

/** How many of that many calls, all at once, were answered with each status. */
async function statuses(calls: number, call: () => Promise<{ status: number }>) {
  const counts: Record<number, number> = {};
  for (const { status } of await Promise.all(Array.from({ length: calls }, call))) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

test("a client gets its burst and no more, whatever others ask and whatever it says about itself", async () => {
  const [one, two] = [clientFrom("127.0.0.1"), clientFrom("127.0.0.2")];
  expect(await statuses(25, () => one.call())).toEqual({ 200: 10, 429: 15 });
  expect(await statuses(25, () => two.call())).toEqual({ 200: 10, 429: 15 });
  const forged = { "x-forwarded-for": "198.51.100.7", "x-envoy-external-address": "198.51.100.8" };
  expect((await one.call(undefined, forged)).status).toBe(429);
  const peer = { "x-forwarded-for": "127.0.0.3" };
  expect((await one.call(undefined, peer)).status).toBe(429);
});

test("a refused client is told when to come again", async () => {
  const client = clientFrom("127.0.0.4");
  const answers = await Promise.all(Array.from({ length: 11 }, () => client.call()));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.map(({ headers }) => Number(headers["retry-after"]))).toEqual([expect.closeTo(10, -1)]);
});

test("of 1,000 questions for health by one client no more reach a server than any monitor asks", async () => {
  const client = clientFrom("127.0.0.9");
  const before = seen();
  const answers = await statuses(1000, () => client.get("/healthz"));
  expect(answers[200]).toBeGreaterThanOrEqual(60);
  expect(answers[200]).toBeLessThan(80);
  expect(seen() - before).toBe(answers[200]);
  expect((await client.call()).status).toBe(200);
  // only GETs are questions for health
  expect(await statuses(12, () => client.call(undefined, {}, "{}", "/healthz"))).toEqual({ 200: 9, 429: 3 });
});

test("named peers are never refused, and who asks for health now and then is not", async () => {
  for (const address of ["127.0.0.3", "127.1.2.3"]) {
    const peer = clientFrom(address);
    expect(await statuses(40, () => peer.call())).toEqual({ 200: 40 });
  }
  const client = clientFrom("127.0.0.5");
  expect(await statuses(25, () => client.call())).toEqual({ 200: 10, 429: 15 });
  expect(await statuses(25, () => client.get("/healthz"))).toEqual({ 200: 25 });
  expect(await statuses(2, () => client.get("/healthz/../mcp"))).toEqual({ 429: 2 });
  expect(await statuses(2, () => client.get("/healthz?all"))).toEqual({ 429: 2 });
});

test("a client is remembered over many others", async () => {
  const first = clientFrom("127.0.0.6");
  expect(await statuses(11, () => first.call())).toEqual({ 200: 10, 429: 1 });
  for (let other = 1; other <= 50; other += 1) await clientFrom(`127.0.6.${other}`).call();
  expect((await first.call()).status).toBe(429);
});

test("what was refused says nothing about a revision", async () => {
  const edge = await startEveryday(onTestFinished, { limits: tight });
  const seen = async () => {
    const seen = await edge.source.poll();
    const { user, latency = [] } = (!seen.silent && seen.services.echo?.stable) || { user: noCounts };
    return { user, measured: latency.reduce((sum, calls) => sum + calls, 0) };
  };
  await statuses(25, () => edge.client.call());
  expect(await edge.admin.get("/stats/prometheus?filter=rate_limited")).toContain(
    'envoy_http_local_rate_limit_rate_limited{envoy_local_http_ratelimit_prefix="echo-minute"} 15\n',
  );
  expect((await seen()).user).toEqual({ ...noCounts, requests: 10 });
  await clientFrom("127.0.0.3", edge).call();
  await expect.poll(seen, { timeout: 10_000 }).toEqual({ user: { ...noCounts, requests: 11 }, measured: 11 });
});

test("a minute's calls come back one by one, and what the minute refuses costs nothing of the hour", async () => {
  const limits = { perMinute: 60, burst: 10, perHour: 11, exempt: [] };
  const { client } = await startEveryday(onTestFinished, { limits });
  const began = performance.now();
  expect(await statuses(40, () => client.call())).toEqual({ 200: 10, 429: 30 });
  await expect.poll(async () => (await client.call()).status, { interval: 50, timeout: 10_000 }).toBe(200);
  expect(performance.now() - began).toBeGreaterThan(950);
  // the eleventh was the hour's last: once the minute would let another one through, the hour does not
  const wait = async () => Number((await client.call()).headers["retry-after"] ?? 0);
  await expect.poll(wait, { interval: 50, timeout: 10_000 }).toBeGreaterThan(60);
});

test("behind a proxy the client is whom the proxy saw, and several edges share what is allowed", async () => {
  const edge = await startEveryday(onTestFinished, {
    trustedHops: 1,
    limits: { ...tight, exempt: ["10.1.0.0/16"], replicas: 2 },
  });
  const from = (addresses: string) => () => edge.client.call(undefined, { "x-forwarded-for": addresses });
  expect(await statuses(12, from("203.0.113.7"))).toEqual({ 200: 5, 429: 7 });
  expect(await statuses(12, from("203.0.113.8"))).toEqual({ 200: 5, 429: 7 });
  expect(await statuses(12, from("203.0.113.9, 203.0.113.8"))).toEqual({ 429: 12 }); // the first is the client's own tale
  expect(await statuses(12, from("10.1.2.3, 203.0.113.8"))).toEqual({ 429: 12 });
  expect(await statuses(12, from("10.1.2.3"))).toEqual({ 200: 12 });
  expect(await statuses(12, from("2001:db8:1:1::7"))).toEqual({ 200: 5, 429: 7 });
  expect(await statuses(12, from("2001:db8:1:1:ffff::8"))).toEqual({ 429: 12 }); // the same network of 64 bits
  expect(await statuses(12, from("2001:db8:1:2::7"))).toEqual({ 200: 5, 429: 7 });
});

test.each([
  [
    1,
    { max_tokens: 10, tokens_per_fill: 60, fill_interval: "60s" },
    { max_tokens: 1000, tokens_per_fill: 1000, fill_interval: "3600s" },
    { max_tokens: 5, tokens_per_fill: 60, fill_interval: "120s" },
    { max_tokens: 60, tokens_per_fill: 120, fill_interval: "60s" },
  ],
  [
    2,
    { max_tokens: 5, tokens_per_fill: 60, fill_interval: "120s" },
    { max_tokens: 500, tokens_per_fill: 1000, fill_interval: "7200s" },
    { max_tokens: 3, tokens_per_fill: 60, fill_interval: "240s" },
    { max_tokens: 30, tokens_per_fill: 120, fill_interval: "120s" },
  ],
  [
    3,
    { max_tokens: 4, tokens_per_fill: 60, fill_interval: "180s" },
    { max_tokens: 334, tokens_per_fill: 1000, fill_interval: "10800s" },
    { max_tokens: 2, tokens_per_fill: 60, fill_interval: "360s" },
    { max_tokens: 20, tokens_per_fill: 120, fill_interval: "180s" },
  ],
])("the buckets of each of %i edges", (replicas, minute, hour, streams, health) => {
  const filters = limitFilters({ name: "echo" }, { perMinute: 60, burst: 10, perHour: 1000, exempt: [], replicas });
  expect(filters.map(({ typed_config }) => typed_config)).toMatchObject([
    { descriptors: [{ token_bucket: minute }] },
    { descriptors: [{ token_bucket: hour }] },
    { descriptors: [{ token_bucket: streams }] },
    { descriptors: [{ token_bucket: health }] },
  ]);
});
