import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LATENCY_BOUNDS_MS } from "../../../../ecosystem/latency.ts";
import type { EdgeSettings } from "../../../../edge/settings.ts";
import { type Counts, noCounts, type ServiceCounts } from "../../../../promotion/counts.ts";
import { countsOf, edgeMetrics } from "../../../../promotion/platforms/envoy-files/metrics.ts";
import { at, type Everyday, startEveryday } from "../../../fixtures/edge/everyday.ts";

const settings: EdgeSettings = {
  folder: "/var/lib/edge",
  services: [
    {
      name: "echo",
      listen: at(8000),
      stable: { id: "echo-1", endpoints: [at(9001)] },
      candidate: { id: "echo-2", endpoints: [at(9002)] },
    },
    { name: "alone", listen: at(8001), stable: { id: "alone-1", endpoints: [at(9003)] } },
  ],
};

/** A line of Envoy's text: seven requests of one kind. */
const seven = (labels: object) => {
  const all = {
    revision: "echo-2",
    route: "new",
    code: "200",
    flags: "-",
    slow: "false",
    tool_error: "",
    rpc_error: "",
    ...labels,
  };
  return `envoy_edge_requests{${Object.entries(all)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}} 7\n`;
};

const good = { requests: 7 };
const failed = { requests: 7, failures: 7 };
const neutral = {};

test.each<[string, object, Partial<Counts>]>([
  ["a good answer", {}, good],
  ["a good answer of a session", { route: "session" }, good],
  ["a slow one", { slow: "true" }, { ...good, slow: 7 }],
  ["a tool's error", { tool_error: "true" }, { ...good, toolErrors: 7 }],
  ["a tool that says it has no error", { tool_error: "false" }, good],
  ["a JSON-RPC error", { rpc_error: "true" }, { ...good, rpcErrors: 7 }],
  ["a JSON-RPC error under a client's error", { rpc_error: "true", code: "400" }, good],
  ["a slow failure", { slow: "true", code: "500" }, failed],
  ["a failure with a JSON-RPC error", { rpc_error: "true", code: "500" }, failed],
  ["a client's error", { code: "400" }, good],
  ["an unknown path", { code: "404" }, good],
  ["an expired session", { code: "404", route: "session" }, neutral],
  ["a call without a valid token", { code: "401" }, neutral],
  ["a body too large", { code: "413" }, neutral],
  ["a server's error", { code: "500" }, failed],
  ["a bad gateway", { code: "502", flags: "UPE" }, failed],
  ["no connection", { code: "503", flags: "UF" }, failed],
  ["no connection and a limit", { code: "503", flags: "UF,URX" }, failed],
  ["a lost connection", { code: "503", flags: "UC" }, failed],
  ["nobody there", { code: "503", flags: "UH" }, failed],
  ["no room", { code: "503", flags: "UO" }, failed],
  ["no answer in time", { code: "504", flags: "UT" }, failed],
  ["a stream cut short", { flags: "UPE" }, failed],
  ["a stream whose connection was lost", { flags: "UC" }, failed],
  ["a stream that was reset", { flags: "UR" }, failed],
  ["a stream that fell silent", { flags: "SI" }, failed],
  ["a server's error to a client that left", { code: "500", flags: "DC" }, failed],
  ["a client that left before the answer", { code: "0", flags: "DC" }, neutral],
  ["a client that left within the answer", { flags: "DC" }, neutral],
  [
    "a client that left after a second without an answer",
    { code: "0", flags: "DC", slow: "true" },
    { ...good, slow: 7 },
  ],
  ["a client that left over HTTP/2", { code: "0", flags: "DR" }, neutral],
  ["a client that is one too many", { code: "429", flags: "RL" }, neutral],
  ["a server that says it has too many", { code: "429" }, good],
  ["no route", { code: "404", flags: "NR" }, neutral],
  ["bad HTTP", { code: "400", flags: "DPE" }, neutral],
  ["an ended session", { code: "404", route: "ended", revision: "" }, neutral],
  ["a revision that nobody asked about", { revision: "echo-0" }, neutral],
])("%s", (_, labels, expected) => {
  expect(countsOf(seven(labels), settings).echo?.candidate.user).toEqual({ ...noCounts, ...expected });
});

test("probes are counted apart, for each side", () => {
  const text =
    seven({ route: "probe" }) +
    seven({ route: "probe-session" }) +
    seven({ route: "probe-session", code: "404" }) +
    seven({ revision: "echo-1", route: "probe", code: "500" });
  const counts = countsOf(text, settings).echo;
  expect(counts?.candidate).toMatchObject({ user: noCounts, probe: { ...noCounts, requests: 14 } });
  expect(counts?.stable).toMatchObject({ user: noCounts, probe: { ...noCounts, requests: 7, failures: 7 } });
});

test("a service without a candidate has one without requests", () => {
  expect(countsOf(seven({ revision: "alone-1" }), settings).alone).toMatchObject({
    stable: { user: { requests: 7 } },
    candidate: { user: noCounts, probe: noCounts },
  });
});

test("a value that tries to look like more labels stays one value", () => {
  const text = seven({ tool_error: String.raw`x\",revision=\"echo-1\",code=\"500` });
  expect(countsOf(text, settings).echo?.candidate.user).toEqual({ ...noCounts, requests: 7 });
});

test("real output of Envoy comes out as it was when it was captured", async () => {
  const golden = join(import.meta.dirname, "..", "..", "..", "golden", "edge");
  const text = await readFile(join(golden, "stats.prom.golden"), "utf8");
  await expect(`${JSON.stringify(countsOf(text, settings), null, 2)}\n`).toMatchFileSnapshot(
    join(golden, "counts.json.golden"),
  );
});

test("a source without Envoy, or with one that says nonsense, is silent with the reason", async () => {
  const source = (get: (path: string) => Promise<string>) => edgeMetrics({ settings, admin: { get } });
  await expect(source(() => Promise.reject(new Error("no socket"))).poll()).resolves.toEqual({
    silent: true,
    why: "no socket",
  });
  await expect(source(async () => "nonsense").poll()).resolves.toMatchObject({
    silent: true,
    why: expect.stringContaining("JSON"),
  });
  await expect(source(async () => "{}").poll()).resolves.toEqual({
    silent: true,
    why: "Envoy does not say when it started",
  });
  let life = 0;
  const restless = source(async (path) =>
    path.startsWith("/stats") ? seven({}) : JSON.stringify({ configs: [{ last_updated: String(life++) }] }),
  );
  await expect(restless.poll()).resolves.toEqual({
    silent: true,
    why: "Envoy started anew while its counters were read",
  });
});

test("real calls are counted once each, whatever happens to them", async () => {
  const edge = await startEveryday();
  const call = (what: string, headers = {}) =>
    edge.client.call(undefined, { "x-revision": "stable", "x-do": what, ...headers });
  const user = (what: string) => edge.client.call(undefined, { "x-do": what });

  await Promise.all(
    [
      "answer",
      "sse",
      "status:500",
      "reset",
      "cut",
      "tool-error",
      "tool-error:sse",
      "no-tool-error",
      "rpc-error",
      "rpc-error:sse",
      "status:429",
      "slow:1010",
      "slow-failure:1010",
    ].map(user),
  );
  await edge.client.call(undefined, {}, "x".repeat(17 * 1024 * 1024));
  const session = await edge.client.open();
  await edge.client.call(session.id.replace(/UV:.*/, `UV:${Buffer.from("expired").toString("base64")}`));
  await edge.client.call("never-was-one");
  expect((await user("big:1500000")).body.length).toBeGreaterThan(1_500_000);
  await leave(edge, "hang");
  await Promise.all(["answer", "status:503", "tool-error"].map((what) => call(what)));
  await edge.candidate.stop();
  await Promise.all(Array.from({ length: 3 }, () => call("answer", { "x-revision": "candidate" })));

  await expect
    .poll(() => counted(edge), { timeout: 10_000 })
    .toMatchObject({
      stable: {
        user: { requests: 15, failures: 4, slow: 1, toolErrors: 2, rpcErrors: 2 },
        probe: { requests: 3, failures: 1, slow: 0, toolErrors: 1, rpcErrors: 0 },
      },
      candidate: { user: noCounts, probe: { ...noCounts, requests: 3, failures: 3 } },
    });
  // the histogram comes with the next flush; it has the neutral calls too: the large body, the expired session and the client that left,
  // but no 429, which is no measure of anything
  const latency = async () => (await counted(edge)).stable.latency ?? [];
  await expect.poll(async () => (await latency()).reduce((sum, bucket) => sum + bucket), { timeout: 10_000 }).toBe(17);
  expect((await latency())[LATENCY_BOUNDS_MS.indexOf(2000)]).toBe(2); // the two slow ones are above 1000 ms, not in the bucket up to it
});

test("five failures in a row do not make a revision of one instance unreachable", async () => {
  const edge = await startEveryday();
  const call = (what: string) => edge.client.call(undefined, { "x-revision": "candidate", "x-do": what });
  for (let failure = 0; failure < 12; failure += 1) expect((await call("status:500")).by).toBe("echo-2");
  expect(await call("answer")).toMatchObject({ status: 200, by: "echo-2" });
});

async function counted(edge: Everyday): Promise<ServiceCounts> {
  const seen = await edge.source.poll();
  if (seen.silent) throw new Error(seen.why);
  return seen.services.echo as ServiceCounts;
}

/** A client that goes away as soon as the server has its call. */
async function leave(edge: Everyday, what: string): Promise<void> {
  const seen = () => edge.stable.reduce((sum, upstream) => sum + upstream.seen, 0);
  const before = seen();
  const socket = connect(edge.settings.services[0]?.listen.port as number, "127.0.0.1");
  socket.write(`POST /mcp HTTP/1.1\r\nhost: edge\r\nx-do: ${what}\r\ncontent-length: 2\r\n\r\n{}`);
  await expect.poll(seen, { timeout: 10_000 }).toBeGreaterThan(before);
  socket.destroy();
  await once(socket, "close");
}
