import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { edgePaths } from "../../edge/paths.ts";
import { startEveryday } from "../fixtures/edge/everyday.ts";

// What Envoy prints, to both streams, goes into its log here.
test.each([
  ["file", "accessLog"],
  ["stdout", "log"],
] as const)(
  "each request is one line of JSON (%s), which leads to its revision and gives away no secret",
  async (accessLog, place) => {
    const { client, settings } = await startEveryday(onTestFinished, { accessLog });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const secrets = { authorization: "Bearer s3cret-1", cookie: "s3cret-2", "x-api-key": "s3cret-3" };
    const { id } = await client.open({ traceparent, ...secrets });
    await client.call(id, { "x-do": "status:500", ...secrets });
    await client.get("/healthz?token=s3cret-4");

    const file = edgePaths(settings.folder)[place];
    const lines = async () => (await readFile(file, "utf8")).split("\n").filter((line) => line.startsWith("{"));
    await expect.poll(lines, { timeout: 10_000 }).toHaveLength(3);
    const [opened, failed, health] = (await lines()).map((line) => JSON.parse(line));
    expect(opened).toEqual({
      service: "echo",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      client: "127.0.0.1",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      traceparent,
      route: "new",
      revision: "echo-1",
      instance: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      method: "POST",
      path: "/mcp",
      code: 200,
      flags: "-",
      details: "via_upstream",
      ms: expect.any(Number),
      bytesIn: 2,
      bytesOut: expect.any(Number),
    });
    expect(failed).toMatchObject({ route: "session", revision: "echo-1", code: 500 });
    expect(health).toMatchObject({ method: "GET", path: "/healthz", code: 200 });
    const all = (await lines()).join("\n");
    expect(all).not.toContain("s3cret");
    expect(all).not.toContain(id);
    for (const part of id.split(";")) expect(all).not.toContain(part);
  },
);
