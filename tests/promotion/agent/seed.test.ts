import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { edgeFiles } from "../../../edge/files.ts";
import { type Edge, restingPosition } from "../../../edge/settings.ts";
import { startEnvoy } from "../../../rehearsal/envoy.ts";
import { freePort } from "../../../rehearsal/port.ts";
import { Client } from "../../fixtures/edge/client.ts";
import { startUpstream } from "../../fixtures/edge/upstream.ts";
import { envoyBinary, temporaryFolder } from "../../fixtures/envoy.ts";
import { modulesLoadedFor } from "../../fixtures/modules.ts";
import { root } from "../../fixtures/releases.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });

/** Runs the agent as its image does; answers the exit code and what it said. */
async function agent(...words: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [join(root, "promotion/agent/main.ts"), ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    said += part;
  });
  const [code] = await once(child, "close");
  return { code, said };
}

/** Seeds an edge, or whatever else its file should hold. */
async function seed(content: unknown): Promise<{ code: number; said: string }> {
  const file = join(await temporaryFolder(), "edge.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return agent("seed", file);
}

const edgeOf = (folder: string, listen: number, upstream: number, id = "echo-1"): Edge => ({
  settings: { folder, services: [{ name: "echo", listen: at(listen), stable: { id, endpoints: [at(upstream)] } }] },
  position: restingPosition,
});

test("writes every file of an edge and nothing else, before there is an Envoy", async () => {
  const folder = await temporaryFolder();
  const edge = edgeOf(folder, 8000, 9001);
  expect(await seed(edge)).toEqual({ code: 0, said: "" });
  const files = edgeFiles(edge.settings, edge.position);
  for (const [name, content] of Object.entries(files)) {
    expect(JSON.parse(await readFile(join(folder, name), "utf8")), name).toEqual(content);
  }
  expect((await readdir(folder)).sort()).toEqual([
    "bootstrap.json",
    "declared.json",
    "edge.json",
    "sample-budget.json",
    "xds",
  ]);
  expect(JSON.parse(await readFile(join(folder, "declared.json"), "utf8"))).toEqual({ echo: { "echo-1": 100 } });
});

test("moves a running Envoy from one revision to another, and reports rejected files", async () => {
  const [one, two] = [await startUpstream("echo-1"), await startUpstream("echo-2")];
  for (const upstream of [one, two]) onTestFinished(() => upstream.stop());
  const [folder, port] = [await temporaryFolder(), await freePort()];
  await seed(edgeOf(folder, port, one.port));
  const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
  onTestFinished(() => envoy.stop());
  await envoy.ready;
  expect(await seed(edgeOf(folder, port, two.port, "echo-2"))).toEqual({ code: 0, said: "" });
  const client = new Client(port);
  onTestFinished(() => client.close());
  expect((await client.call()).by).toBe("echo-2");

  const elsewhere = edgeOf(folder, 1, one.port);
  elsewhere.settings.services[0] = {
    ...(elsewhere.settings.services[0] as Edge["settings"]["services"][number]),
    listen: { address: "192.0.2.1", port }, // no address of this machine
  };
  const { code, said } = await seed(elsewhere);
  expect(code).toBe(1);
  expect(said).toMatch(
    /did not apply the listeners: .*Envoy rejected the file \(listener_manager\.lds\.update_rejected\)/,
  );
  expect((await client.call()).status).toBe(200); // what it did before it goes on doing
});

const named = edgeOf("/tmp", 8000, 9001);
named.settings.services[0]?.stable.endpoints.splice(0, 1, { address: "echo.test", port: 9001 });

test.each<[string, unknown, RegExp]>([
  ["half a file", '{"settings":', /edge\.json is not JSON/],
  ["something else", [], /edge\.json does not describe an edge/],
  ["host names, which Envoy does not take", named, /does not describe an edge:[\s\S]*endpoints\[0\]\.address/],
])("refuses %s, and says what is wrong", async (_, content, message) => {
  const { code, said } = await seed(content);
  expect(code).toBe(1);
  expect(said).toMatch(message);
});

test("prints its usage", async () => {
  expect(await agent("grow")).toEqual({ code: 64, said: "usage: main.ts seed FILE | main.ts watch\n" });
});

test("starts without the engine and without the platforms' clients", async () => {
  const loaded = await modulesLoadedFor("promotion/agent/seed.ts", "promotion/agent/watch.ts");
  expect(loaded.filter((url) => /@pulumi|@kubernetes|google-auth-library|\/infra\//.test(url))).toEqual([]);
});
