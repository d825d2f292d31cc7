import { randomUUID } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { docker } from "../../fixtures/docker/engine.ts";
import { describeWith } from "../../fixtures/tools.ts";
import { builtImage, healthy, imageOf, python, secretValue } from "../image.ts";

/** Calls a tool of the server in the same container, and prints what it answered. */
const CALL = `
import json, sys, urllib.request
def post(body, session=None):
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    if session: headers["mcp-session-id"] = session
    answer = urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8678/mcp", json.dumps(body).encode(), headers), timeout=30)
    return answer.headers.get("mcp-session-id"), answer.read().decode()
client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
session, _ = post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client})
post({"jsonrpc": "2.0", "method": "notifications/initialized"}, session)
print(post({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": sys.argv[1], "arguments": json.loads(sys.argv[2])}}, session)[1])
`;

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

async function start(command: readonly string[] = []) {
  const name = `data-${randomUUID().slice(0, 8)}`;
  await docker("volume", "create", name);
  leftovers.push(() => docker("volume", "rm", "--force", name));
  const key = `SESSION_ENCRYPTION_KEY=${secretValue("session-encryption-key")}`;
  const options = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--tmpfs", "/tmp", "--env", key];
  await docker(
    ...["run", "--detach", "--name", name, ...options, "--volume", `${name}:/data`],
    imageOf("session-buddy") ?? "",
    ...command,
  );
  leftovers.push(() => docker("rm", "--force", name));
  const ready = () => healthy(name, 8678, "/healthz", 90);
  await ready();
  return {
    name,
    ready,
    store: (content: string) => python(name, CALL, "store_reflection", JSON.stringify({ content })),
    count: async () => {
      const text = await python(name, CALL, "reflection_stats", "{}");
      return Number(/Total reflections: (\d+)/.exec(text)?.[1]);
    },
  };
}

describeWith([builtImage("session-buddy")], "the data of the real session-buddy", { timeout: 600_000 }, () => {
  test("survives kill -9, a restart and a stop, and the first call of its memory takes seconds", async () => {
    const server = await start();
    const began = performance.now();
    await server.store("the first");
    expect(performance.now() - began).toBeLessThan(30_000);
    await docker("kill", server.name);
    await docker("start", server.name);
    await server.ready();
    expect(await server.count()).toBe(1);
    await server.store("the second");
    await docker("restart", server.name);
    await server.ready();
    expect(await server.count()).toBe(2);
    await server.store("the third");
    await docker("stop", server.name);
    expect((await docker("inspect", "--format", "{{.State.ExitCode}}", server.name)).trim()).toBe("0");
    await docker("start", server.name);
    await server.ready();
    expect(await server.count()).toBe(3);
  });

  test("is lost by the upstream server alone: when this fails, images/session-buddy/durable_duckdb.py can go", async () => {
    const alone = 'from session_buddy.server_optimized import run_server; run_server(host="0.0.0.0", port=8678)';
    const server = await start(["python", "-c", alone]);
    await server.store("the first");
    await docker("kill", server.name);
    await docker("start", server.name);
    await server.ready();
    expect(await server.count()).toBe(0);
  });
});
