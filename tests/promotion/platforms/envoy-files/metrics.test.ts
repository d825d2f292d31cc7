import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LATENCY_BOUNDS_MS } from "../../../../ecosystem/latency.ts";
import type { EdgeSettings } from "../../../../edge/settings.ts";
import { addCounts, type Counts, noCounts, type ServiceCounts } from "../../../../promotion/counts.ts";
import { countsOf, edgeMetrics } from "../../../../promotion/platforms/envoy-files/metrics.ts";
import { at, type Everyday, probing, startEveryday } from "../../../fixtures/edge/everyday.ts";

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
    client: "3",
    route: "new",
    by: "server",
    code: "200",
    flags: "-",
    answer: "read",
    slow: "false",
    ...labels,
  };
  return `envoy_edge_requests{${Object.entries(all)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}} 7\n`;
};

test.each<[string, object, Partial<Counts>, Record<string, number>]>([
  ["a good answer", {}, { requests: 7 }, {}],
  ["a slow one", { slow: "true" }, { requests: 7, slow: 7 }, { "slower than 1 s": 7 }],
  ["a tool's error", { answer: "tool_error" }, { requests: 7, toolErrors: 7 }, { "tool error": 7 }],
  [
    "a slow tool's error",
    { answer: "tool_error", slow: "true" },
    { requests: 7, slow: 7, toolErrors: 7 },
    { "slower than 1 s": 7, "tool error": 7 },
  ],
  ["an answer that cannot be read", { answer: "unread" }, { requests: 7, unread: 7 }, { unread: 7 }],
  ["a refusal", { code: "403", answer: "rpc_error" }, { requests: 7, refused: 7 }, { "403 from the server": 7 }],
  ["a JSON-RPC error", { answer: "rpc_error" }, { requests: 7, refused: 7 }, { "JSON-RPC error": 7 }],
  ["a failure", { code: "500", slow: "true" }, { requests: 7, failures: 7 }, { "500 from the server": 7 }],
  ["what the edge answered", { by: "edge", code: "503", flags: "DPE" }, {}, {}],
  ["a revision that nobody asked about", { revision: "echo-0" }, {}, {}],
  ["a route that is nobody's", { route: "ended" }, {}, {}],
])("%s is counted, with its client and its kind", (_, labels, expected, kinds) => {
  const counts = countsOf(seven(labels), settings).echo?.candidate;
  expect(counts?.user).toEqual({ ...noCounts, ...expected });
  expect(counts?.clients).toEqual(expected.requests ? { 3: counts?.user } : {});
  expect(counts?.kinds).toEqual(kinds);
});

test("clients and kinds add up to the users' counts, and have no probes in them", () => {
  const text = [
    seven({ client: "0", code: "403" }),
    seven({ client: "1", code: "403" }),
    seven({ client: "1" }),
    seven({ client: "1", code: "500", route: "session" }),
    seven({ client: "2", code: "500", route: "probe" }),
  ].join("");
  const { user, probe, clients = {}, kinds } = countsOf(text, settings).echo?.candidate ?? { user: noCounts };
  expect(user).toEqual({ ...noCounts, requests: 28, failures: 7, refused: 14 });
  expect(Object.values(clients).reduce(addCounts)).toEqual(user);
  expect(Object.keys(clients)).toEqual(["0", "1"]);
  expect(kinds).toEqual({ "403 from the server": 14, "500 from the server": 7 });
  expect(probe).toEqual({ ...noCounts, requests: 7, failures: 7 });
});

test("probes are counted apart, for each side", () => {
  const text =
    seven({ route: "probe" }) +
    seven({ route: "probe-session" }) +
    seven({ route: "probe-session", code: "404", by: "edge" }) +
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
  const text = seven({ answer: String.raw`x\",revision=\"echo-1\",code=\"500` });
  expect(countsOf(text, settings).echo?.candidate.user).toEqual({ ...noCounts, requests: 7 });
});

test("real output of Envoy comes out as it was when it was captured", async () => {
  const golden = join(import.meta.dirname, "..", "..", "..", "golden", "edge");
  const text = await readFile(join(golden, "stats.prom.golden"), "utf8");
  await expect(`${JSON.stringify(countsOf(text, settings), null, 2)}\n`).toMatchFileSnapshot(
    join(golden, "counts.json.golden"),
  );
});

test("a source without Envoy, or with invalid output, is silent with the reason", async () => {
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
    why: "Envoy does not report its start time",
  });
  let life = 0;
  const restless = source(async (path) =>
    path.startsWith("/stats") ? seven({}) : JSON.stringify({ configs: [{ last_updated: String(life++) }] }),
  );
  await expect(restless.poll()).resolves.toEqual({
    silent: true,
    why: "Envoy restarted while its counters were being read",
  });
});

test("real calls are counted once each, whatever happens to them", async () => {
  const edge = await startEveryday();
  const call = (what: string, headers = {}) =>
    edge.client.call(undefined, { ...probing("stable"), "x-do": what, ...headers });
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
  await Promise.all(Array.from({ length: 3 }, () => call("answer", probing("candidate"))));

  await expect
    .poll(() => counted(edge), { timeout: 10_000 })
    .toMatchObject({
      stable: {
        user: { requests: 16, failures: 4, slow: 1, refused: 4, toolErrors: 2 },
        probe: { requests: 3, failures: 1, slow: 0, refused: 0, toolErrors: 1 },
      },
      candidate: { user: noCounts, probe: { ...noCounts, requests: 3, failures: 3 } },
    });
  // the histogram comes with the next flush; it has what the server answered, but for its refusals, which take no time
  const latency = async () => (await counted(edge)).stable.latency ?? [];
  await expect.poll(async () => (await latency()).reduce((sum, bucket) => sum + bucket), { timeout: 10_000 }).toBe(12);
  expect((await latency())[LATENCY_BOUNDS_MS.indexOf(2000)]).toBe(2); // the two slow ones are above 1000 ms, not in the bucket up to it
});

test("five failures in a row do not make a revision of one instance unreachable", async () => {
  const edge = await startEveryday();
  const call = (what: string) => edge.client.call(undefined, { ...probing("candidate"), "x-do": what });
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
