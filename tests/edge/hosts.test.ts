import { request } from "node:http";
import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deferred, type Everyday, startEveryday } from "../fixtures/edge/everyday.ts";
import { type Issuer, startIssuer } from "../fixtures/edge/issuer.ts";
import { describeWith } from "../fixtures/tools.ts";

const hosts = ["mcp.test.dev", "127.0.0.1", "[::1]"];
const refused = { jsonrpc: "2.0", id: null, error: { code: -32600, message: "Host or Origin not allowed" } };

describe("an edge that knows its names", () => {
  const { defer, cleanUp } = deferred();
  let edge: Everyday;
  beforeAll(async () => {
    edge = await startEveryday(defer, { hosts });
  });
  afterAll(cleanUp);
  const seen = () => [...edge.stable, edge.candidate].reduce((sum, { seen }) => sum + seen, 0);

  test.each([
    { host: "mcp.test.dev" },
    { host: "MCP.test.dev:8443" },
    { host: "127.0.0.1:8000" },
    { host: "[::1]:8000" },
    { host: "mcp.test.dev", origin: "https://mcp.test.dev" },
    { host: "mcp.test.dev", origin: "http://127.0.0.1:5173" },
  ])("lets in $host $origin", async (headers) => {
    expect((await edge.client.call(undefined, headers)).status).toBe(200);
  });

  test.each([
    { host: "attacker.test" },
    { host: "mcp.test.dev.attacker.test" },
    { host: "amcp.test.dev" },
    { host: "mcpxtest.dev" },
    { host: "mcp.test.dev:8443@attacker.test" },
    { host: "mcp.test.dev:" },
    { host: "localhost" },
    { host: "mcp.test.dev", origin: "https://attacker.test" },
    { host: "mcp.test.dev", origin: "https://mcp.test.dev.attacker.test" },
    { host: "mcp.test.dev", origin: "https://attacker.test/mcp.test.dev" },
    { host: "mcp.test.dev", origin: "null" },
    { host: "mcp.test.dev", origin: "" },
    { host: "mcp.test.dev", origin: "mcp.test.dev" },
    { host: "mcp.test.dev", origin: "file://mcp.test.dev" },
    { host: "mcp.test.dev", origin: ["https://mcp.test.dev", "https://attacker.test"] },
  ])("refuses $host $origin before any server is asked", async (headers) => {
    const before = seen();
    const { status, body, headers: answered } = await edge.client.call(undefined, headers);
    expect([status, JSON.parse(body), seen()]).toEqual([403, refused, before]);
    expect(answered["content-type"]).toBe("application/json");
  });

  test("refuses over HTTP/2, too", async () => {
    const session = connect(`http://127.0.0.1:${edge.settings.services[0]?.listen.port}`);
    const call = session.request({ ":method": "POST", ":path": "/mcp", ":authority": "attacker.test" });
    const status = new Promise((resolve, reject) => {
      call.on("response", (headers) => resolve(headers[":status"])).on("error", reject);
    });
    call.end("{}");
    expect(await status).toBe(403);
    session.destroy();
  });

  test("tells its health by any name, but no page of another site", async () => {
    expect((await edge.client.get("/healthz", { host: "10.0.0.7" })).status).toBe(200);
    expect((await edge.client.get("/healthz", { host: "10.0.0.7", origin: "https://attacker.test" })).status).toBe(403);
    expect((await edge.client.get("/mcp", { host: "10.0.0.7" })).status).toBe(403);
  });
});

describeWith(["openssl"], "with tokens, too,", {}, () => {
  const { defer, cleanUp } = deferred();
  let issuer: Issuer;
  let edge: Everyday;
  beforeAll(async () => {
    issuer = await startIssuer(defer);
    edge = await startEveryday(defer, { hosts, auth: issuer.auth });
  });
  afterAll(cleanUp);

  test("a name that is not the edge's is 403, and a token for another audience 401", async () => {
    const shown = (token: string) => ({ host: "mcp.test.dev", authorization: `Bearer ${token}` });
    expect((await edge.client.call(undefined, shown(issuer.token()))).status).toBe(200);
    expect((await edge.client.call(undefined, shown(issuer.token({ aud: "https://mcp.test.com" })))).status).toBe(401);
    expect((await edge.client.call(undefined, { ...shown(issuer.token()), host: "attacker.test" })).status).toBe(403);
  });
});

describe("an edge that forwards a path and health", () => {
  const { defer, cleanUp } = deferred();
  let edge: Everyday;
  beforeAll(async () => {
    edge = await startEveryday(defer, {}, { forwards: { paths: ["/mcp"], health: ["/healthz"] } });
  });
  afterAll(cleanUp);

  test.each([
    ["/mcp", 200],
    ["/mcp?a=b", 200],
    ["/mcp/more", 200],
    ["/metrics", 404],
    ["/", 404],
    ["/mcpx", 404],
    ["/healthz/", 404],
    ["/mcp/../metrics", 404],
    ["//metrics", 404],
  ])("forwards POST %s: %i", async (path, status) => {
    const sent = request({ host: "127.0.0.1", port: edge.settings.services[0]?.listen.port, path, method: "POST" });
    const answer = new Promise<number | undefined>((resolve, reject) => {
      sent.on("response", (answer) => resolve(answer.resume().statusCode)).on("error", reject);
    });
    sent.end("{}");
    expect(await answer).toBe(status);
  });

  test("forwards the health path to who asks for it", async () => {
    expect((await edge.client.get("/healthz")).status).toBe(200);
  });
});
