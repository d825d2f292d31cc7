import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Counts, noCounts, type RevisionCounts, subtractCounts } from "../../promotion/counts.ts";
import { Client } from "../fixtures/edge/client.ts";
import { deferred, type Everyday, startEveryday } from "../fixtures/edge/everyday.ts";

const { defer, cleanUp } = deferred();
afterAll(cleanUp);

let edge: Everyday;
let port: number;
beforeAll(async () => {
  edge = await startEveryday(defer, { trustedHops: 1 });
  port = edge.settings.services[0]?.listen.port as number;
});

const stable = async (): Promise<RevisionCounts> => {
  const seen = await edge.source.poll();
  if (seen.silent) throw new Error(seen.why);
  return seen.services.echo?.stable ?? { user: noCounts, probe: noCounts };
};

/** What is counted of a call and of one good call after it: whatever the first one counts for is counted by then. */
async function countOf(act: () => Promise<unknown>): Promise<Counts> {
  const before = (await stable()).user;
  await act();
  await wait(50);
  expect((await edge.client.call()).status).toBe(200);
  await expect.poll(async () => (await stable()).user.requests).toBeGreaterThan(before.requests);
  const { requests, ...more } = subtractCounts((await stable()).user, before);
  return { requests: requests - 1, ...more };
}

/** A connection of its own, and everything that comes on it. */
async function raw(): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  await once(socket, "connect");
  let text = "";
  socket.on("data", (part) => {
    text += part;
  });
  return { socket, text: () => text };
}

const head = (what: string, length: number, connection = "close") =>
  `POST /mcp HTTP/1.1\r\nhost: edge\r\nconnection: ${connection}\r\nx-do: ${what}\r\ncontent-length: ${length}\r\n\r\n`;

const one = (more: Partial<Counts> = {}): Counts => ({ ...noCounts, requests: 1, ...more });

test("a slow upload is not a slow server", async () => {
  const upload = async () => {
    const { socket } = await raw();
    socket.write(`${head("answer", 2)}{`);
    await wait(1200);
    socket.write("}");
    await once(socket, "close");
  };
  expect(await countOf(upload)).toEqual(one());
});

// a busy machine can take a second for these bytes by itself, and the edge is right to say so
test("a slow reader is not a slow server", { retry: 3 }, async () => {
  const bytes = 6_000_000;
  const read = async () => {
    const { socket, text } = await raw();
    socket.pause();
    socket.write(`${head(`big:${bytes}`, 2, "keep-alive")}{}`);
    await wait(1500);
    socket.resume();
    await expect.poll(() => text().endsWith("\r\n0\r\n\r\n"), { timeout: 10_000 }).toBe(true);
    expect(text().length).toBeGreaterThan(bytes);
    socket.destroy();
  };
  expect(await countOf(read)).toEqual(one());
});

test("a server that takes its time is slow", async () => {
  expect(await countOf(() => edge.client.call(undefined, { "x-do": "slow:1100" }))).toEqual(one({ slow: 1 }));
});

test("a stream that stays open after its answer is not slow", async () => {
  expect(await countOf(() => edge.client.call(undefined, { "x-do": "linger:1200" }))).toEqual(one());
});

test("a client that leaves says nothing, unless it has waited for the server", async () => {
  const leave = (sent: string, ms: number) => async () => {
    const { socket } = await raw();
    socket.write(sent);
    await wait(ms);
    socket.destroy();
  };
  expect(await countOf(leave(`${head("hang", 2)}{}`, 200))).toEqual(noCounts);
  expect(await countOf(leave(`${head("hang", 2)}{`, 1200))).toEqual(noCounts);
  expect(await countOf(leave(`${head("hang", 2)}{}`, 1200))).toEqual(one({ slow: 1 }));
  const uploadAndLeave = async () => {
    const { socket } = await raw();
    socket.write(`${head("hang", 2)}{`);
    await wait(1200);
    socket.write("}");
    await wait(200);
    socket.destroy();
  };
  expect(await countOf(uploadAndLeave)).toEqual(noCounts);
  const listen = '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}';
  expect(await countOf(leave(`${head("listen", listen.length)}${listen}`, 1200))).toEqual(noCounts);
});

test("what the edge answers by itself says nothing of a server", async () => {
  const session = await edge.client.open();
  const forged = session.id.replace(/UV:.*/, `UV:${Buffer.from("a\r\nb").toString("base64")}`);
  const upgrade = { connection: "upgrade", upgrade: "websocket" };
  expect(await countOf(() => edge.client.call(forged))).toEqual(noCounts);
  expect(await countOf(() => edge.client.call("never-was-one"))).toEqual(noCounts);
  expect(await countOf(() => edge.client.call(undefined, upgrade))).toEqual(noCounts);
  expect(await countOf(() => edge.client.call(undefined, {}, "x".repeat(17 * 1024 * 1024)))).toEqual(noCounts);
});

test("a session that the edge knows and the server does not is a refusal", async () => {
  const session = await edge.client.open();
  const forgotten = session.id.replace(/UV:.*/, `UV:${Buffer.from("expired").toString("base64")}`);
  expect(await countOf(() => edge.client.call(forgotten))).toEqual(one({ refused: 1 }));
  expect(await countOf(() => edge.client.call(session.id, { "x-do": "status:400" }))).toEqual(one({ refused: 1 }));
  expect((await stable()).kinds).toMatchObject({ "forgotten session": 1, "400 from the server": 1 });
});

test("who names a revision without the token is a user, whose header goes no further", async () => {
  for (const headers of [
    { "x-revision": "candidate" },
    { "x-revision": "candidate", "x-preview-token": "a-guess-of-mine" },
  ]) {
    expect(
      await countOf(async () => {
        const answer = await edge.client.call(undefined, { ...headers, "x-do": "status:500" });
        expect(answer).toMatchObject({ status: 500, by: "echo-1" });
        expect(answer.headers["x-leaked"]).toBeUndefined();
      }),
    ).toEqual(one({ failures: 1 }));
  }
});

test("a server that redirects its calls refuses them", async () => {
  for (const code of [302, 307]) {
    expect(await countOf(() => edge.client.call(undefined, { "x-do": `status:${code}` }))).toEqual(one({ refused: 1 }));
  }
  expect((await stable()).kinds).toMatchObject({ "3xx from the server": 2 });
});

test("no code of a server's own makes a counter", async () => {
  for (const code of [418, 451, 499]) await edge.client.call(undefined, { "x-do": `status:${code}` });
  await expect.poll(async () => (await stable()).kinds?.["4xx from the server"]).toBe(3);
  expect(await edge.admin.get("/stats/prometheus?filter=%5Eedge%5C.requests")).not.toMatch(/code="4(18|51|99)"/);
});

/** The buckets that calls with these headers are counted in. */
async function bucketsOf(calls: Record<string, string>[]): Promise<string[]> {
  const { user, clients: before = {} } = await stable();
  await Promise.all(calls.map((headers) => edge.client.call(undefined, headers)));
  await expect.poll(async () => (await stable()).user.requests).toBe(user.requests + calls.length);
  const { clients = {} } = await stable();
  return Object.keys(clients).filter((bucket) => clients[bucket]?.requests !== before[bucket]?.requests);
}

const from = (address: string) => ({ "x-forwarded-for": address });

test("clients are spread over sixteen buckets by their addresses", async () => {
  const buckets = await bucketsOf(Array.from({ length: 60 }, (_, client) => from(`203.0.113.${client}`)));
  expect(buckets.every((bucket) => Number(bucket) >= 0 && Number(bucket) < 16)).toBe(true);
  expect(buckets.length).toBeGreaterThanOrEqual(12);
});

test("no header leads a client out of its bucket", async () => {
  const headers = ["x-real-ip", "x-client-ip", "forwarded", "authorization", "x-envoy-external-address", "mcp-client"];
  const tries = headers.flatMap((header) =>
    ["1", "2", "3"].map((value) => ({ ...from("203.0.113.7"), [header]: value })),
  );
  const made = ["1.1.1.1", "2.2.2.2", "3.3.3.3"].map((address) => from(`${address}, 203.0.113.7`));
  expect(await bucketsOf([...tries, ...made])).toEqual(await bucketsOf([from("203.0.113.7")]));
});

test("a network of IPv6 is one client", async () => {
  const hosts = ["::1", "::2", "::ffff", ":1234:5678:9abc:def0"].map((host) => from(`2001:db8:0:7${host}`));
  expect(await bucketsOf(hosts)).toHaveLength(1);
  const networks = Array.from({ length: 20 }, (_, network) => from(`2001:db8:0:${(network + 16).toString(16)}::1`));
  expect((await bucketsOf(networks)).length).toBeGreaterThan(5);
});

test("without a trusted proxy no header says who a client is", async () => {
  const direct = await startEveryday();
  const one = new Client(direct.settings.services[0]?.listen.port as number);
  for (const from of ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"])
    await one.call(undefined, { "x-forwarded-for": from });
  one.close();
  const seen = await direct.source.poll();
  expect(seen.silent || Object.keys(seen.services.echo?.stable.clients ?? {})).toHaveLength(1);
});
