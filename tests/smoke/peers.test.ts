import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSmoke } from "../../smoke/smoke.ts";
import { startReferenceServer } from "../reference-server/server.ts";
import { detail, proxy, serving, started, verdicts } from "./fixtures.ts";

describe("server-everything, on the TypeScript SDK 1.x, with sessions", () => {
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const everything = "node_modules/everything-stable/dist/index.js";
    // It listens on every address and says the port it was given, not the one it got: both are put right from outside.
    const loopback = `data:text/javascript,${encodeURIComponent(`
      import { Server } from "node:net";
      const { listen } = Server.prototype;
      Server.prototype.listen = function (port, ready) {
        return listen.call(this, port, "127.0.0.1", () => { console.error("bound to " + this.address().port); ready?.(); });
      };`)}`;
    const command: [string, ...string[]] = [process.execPath, "--import", loopback, everything, "streamableHttp"];
    const process_ = await started(command, { PORT: "0" }, /bound to (\d+)/);
    url = `http://127.0.0.1:${process_.match[1]}`;
    stop = process_.stop;
  });
  afterAll(() => stop?.());

  const calls = [
    { tool: "echo", arguments: { message: "hello" } },
    { tool: "get-sum", arguments: { a: 1, b: 2 } },
  ];

  test("passes every smoke test", async () => {
    const report = await runSmoke({ url, calls, expectTools: ["echo"], expectVersion: "2.0.0" });
    expect(report.tests.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(report.protocol).toBe("2025-11-25");
    expect(detail(report, 2)).toContain("with a session");
    expect(detail(report, 5)).toContain("get-sum answered The sum of 1 and 2 is 3");
  });

  test("passes every smoke test behind a proxy", async () => {
    const report = await runSmoke({ url: await serving(proxy(url)), calls });
    expect(verdicts(report)).toBe("pppppppp");
  });

  test("with a tool that was never there, or arguments it refuses, fails", async () => {
    expect(verdicts(await runSmoke({ url, calls: [{ tool: "fly", arguments: {} }] }))).toBe("pppfffpp");
    const report = await runSmoke({ url, calls: [{ tool: "get-sum", arguments: { a: "one" } }] });
    expect(verdicts(report)).toBe("pppfffpp");
    expect(detail(report, 4)).toContain("get-sum failed: the result has isError");
  });
});

describe("the TypeScript SDK 2.x, without sessions", () => {
  const handler = (legacy: "stateless" | "reject") =>
    toNodeHandler(
      createMcpHandler(
        () => {
          const server = new McpServer({ name: "sessionless", version: "3.2.1" });
          server.registerTool("now", {}, () => ({ content: [{ type: "text", text: "12:00" }] }));
          return server;
        },
        { legacy },
      ),
    );

  test.each(["stateless", "reject"] as const)("passes in protocol 2026-07-28 (older ones: %s)", async (legacy) => {
    const serve = handler(legacy);
    let deletes = 0;
    const url = await serving((request, response) => {
      if (request.method === "DELETE") deletes++;
      void serve(request as Parameters<typeof serve>[0], response);
    });
    const report = await runSmoke({ url, calls: [{ tool: "now", arguments: {} }], expectVersion: "3.2.1" });
    expect(report.tests.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(report).toMatchObject({ protocol: "2026-07-28", server: { name: "sessionless", version: "3.2.1" } });
    expect(detail(report, 1)).toBe(
      "server/discover (this protocol version has no ping) answered; no health endpoint is set",
    );
    expect(detail(report, 2)).toContain("without a session");
    expect(detail(report, 8)).toMatch(/^unknown method: error -32601; unknown tool: /);
    expect(deletes).toBe(0);
  });
});

const openssl = process.env.OPENSSL ?? "openssl";

describe("TLS", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "maha-smoke-tls-"));
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      ...subject,
    ];
    execFileSync(openssl, [...request, "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")], {
      stdio: "ignore",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const secured = async () => {
    const server = await startReferenceServer({ name: "akosha", version: "1.0.0" });
    const [key, cert] = ["key.pem", "cert.pem"].map((file) => readFileSync(join(folder, file), "utf8"));
    const url = await serving(createServer({ key: key ?? "", cert: cert ?? "" }, proxy(server.url)));
    return { url, server };
  };

  test("with an untrusted certificate fails, and says what to set", async () => {
    const { url, server } = await secured();
    const report = await runSmoke({ url });
    expect(detail(report, 2)).toMatch(/SELF_SIGNED_CERT.*127.0.0.1 is not trusted here: .*NODE_EXTRA_CA_CERTS/);
    await server.close();
  });

  test("with its authority trusted passes", async () => {
    const { url, server } = await secured();
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "cert.pem") };
    const args = ["cli/maha.ts", "smoke", url, "--health", "/healthz", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(verdicts(JSON.parse(stdout))).toBe("pppssppp");
    expect(server.sessions.size).toBe(0);
    await server.close();
  });

  test("asked of a plain server fails, and so does plain asked of TLS", async () => {
    const { url, server } = await secured();
    expect(detail(await runSmoke({ url: server.url.replace("http:", "https:") }), 2)).toContain("is it plain http://?");
    expect(detail(await runSmoke({ url: url.replace("https:", "http:") }), 2)).toContain("or requires https://");
    await server.close();
  });
});
