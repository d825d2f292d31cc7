import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { edgePaths } from "../../../../edge/paths.ts";
import type { EdgeSettings } from "../../../../edge/settings.ts";
import { samplesOf } from "../../../../promotion/platforms/envoy-files/samples.ts";
import { MOST_SAMPLES } from "../../../../promotion/samples.ts";
import { at, probing, startEveryday } from "../../../fixtures/edge/everyday.ts";

const settings: EdgeSettings = {
  folder: "/var/lib/edge",
  services: [
    {
      name: "echo",
      listen: at(8000),
      stable: { id: "echo-1", endpoints: [at(9001)] },
      candidate: { id: "echo-2", endpoints: [at(9002)] },
    },
  ],
};

const line = (more: object = {}) =>
  `${JSON.stringify({
    ...{ service: "echo", revision: "echo-2", at: "2026-07-28T10:00:00.000Z", status: 200, client: "3" },
    ...{ method: "tools/call", tool: "echo", rpcCode: null },
    ...{ route: "new", by: "server", code: "200", flags: "-", answer: "read", slow: "false" },
    ...more,
  })}\n`;

test("a sample says what happened, to which revision, for which client and in which words", () => {
  const samples = samplesOf(
    line({ answer: "rpc_error", rpcCode: -32603 }) +
      line({ revision: "echo-1", route: "probe", status: 503, code: "503", by: "edge", flags: "UF", client: null }) +
      line({ answer: "tool_error" }) +
      line({ status: 418, code: "4xx", method: null, tool: null }),
    settings,
  );
  const of = { at: Date.parse("2026-07-28T10:00:00.000Z"), service: "echo" };
  const call = { method: "tools/call", tool: "echo" };
  expect(samples).toEqual([
    {
      ...of,
      ...call,
      role: "candidate",
      probe: false,
      kind: "JSON-RPC error",
      code: 200,
      flags: null,
      rpcCode: -32603,
      client: "3",
    },
    {
      ...of,
      ...call,
      role: "stable",
      probe: true,
      kind: "connection failed",
      code: 503,
      flags: "UF",
      rpcCode: null,
      client: "",
    },
    {
      ...of,
      ...call,
      role: "candidate",
      probe: false,
      kind: "tool error",
      code: 200,
      flags: null,
      rpcCode: null,
      client: "3",
    },
    {
      ...of,
      method: "",
      tool: "",
      role: "candidate",
      probe: false,
      kind: "4xx from the server",
      code: 418,
      flags: null,
      rpcCode: null,
      client: "3",
    },
  ]);
});

test("an incomplete line is not a sample", () => {
  const text =
    line() +
    line({ by: "edge", code: "413" }) +
    line({ revision: "echo-0", code: "500" }) +
    line({ service: "other", code: "500" }) +
    line({ route: "ended", code: "404" }) +
    '"\n{}\nnull\n{"service":"echo","revi';
  expect(samplesOf(text, settings)).toEqual([]);
});

test("the newest of each side are kept, and none takes the other's place", () => {
  const failing = (revision: string, count: number) =>
    Array.from({ length: count }, (_, i) => line({ revision, code: "500", status: 500 + i })).join("");
  const samples = samplesOf(failing("echo-1", 3) + failing("echo-2", 90), settings);
  const codes = (role: string) => samples.filter((sample) => sample.role === role).map(({ code }) => code);
  expect(codes("stable")).toEqual([500, 501, 502]);
  expect(codes("candidate")).toEqual(Array.from({ length: MOST_SAMPLES }, (_, i) => 500 + 90 - MOST_SAMPLES + i));
});

test("a real edge keeps samples while the candidate has a share, a bounded number, and no secret in them", async () => {
  const edge = await startEveryday();
  const call = (what: string, headers = {}) =>
    edge.client.call(
      undefined,
      { "x-do": what, authorization: "Bearer s3cret", ...headers },
      '{"method":"tools/call","params":{"name":"e<c>ho"}}',
    );
  await call("status:500");
  await edge.target.setShare(50);
  await call("status:403", probing("candidate"));
  await call("rpc-error:sse", probing("stable"));
  await call("answer");
  await edge.client.call("never-was-one");
  await expect
    .poll(() => edge.source.samples(), { timeout: 10_000 })
    .toMatchObject([
      {
        service: "echo",
        role: "candidate",
        probe: true,
        kind: "403 from the server",
        code: 403,
        method: "tools/call",
        tool: "e?c?ho",
      },
      { service: "echo", role: "stable", probe: true, kind: "JSON-RPC error", code: 200, rpcCode: -32602 },
    ]);
  const file = edgePaths(edge.settings.folder).samples;
  expect(await readFile(file, "utf8")).not.toMatch(/s3cret|token-of-the-tests/);
  for (let i = 0; i < 20; i += 1) await Promise.all(Array.from({ length: 20 }, () => call("status:500")));
  await expect
    .poll(async () => (await edge.source.samples()).length, { timeout: 10_000 })
    .toBeGreaterThanOrEqual(MOST_SAMPLES);
  expect((await readFile(file, "utf8")).split("\n").length).toBeLessThan(150);
  const kept = (await stat(file)).size;
  await edge.target.setShare(60);
  expect((await stat(file)).size).toBeLessThan(kept);
  await edge.target.setShare(0);
  const ended = Date.now();
  await call("status:500");
  await edge.envoy.stop(); // which writes what it has kept
  for (const { at } of await edge.source.samples()) expect(at).toBeLessThanOrEqual(ended);
});
