import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runSmoke, type SmokeOptions } from "../../smoke/smoke.ts";
import { parseFault, type ReferenceFault } from "../reference-server/faults.ts";
import { type ReferenceServer, startReferenceServer } from "../reference-server/server.ts";
import { detail, proxy, serving, verdicts } from "./fixtures.ts";

let server: ReferenceServer;
beforeEach(async () => {
  server = await startReferenceServer({ name: "akosha", version: "1.2.3" });
});
afterEach(() => server.close());

const calls = [
  { tool: "get_liveness", arguments: {} },
  { tool: "list_skills", arguments: {} },
];
const smoke = (more: Partial<SmokeOptions> = {}) => runSmoke({ url: server.url, calls, timeoutMs: 5000, ...more });

describe("a good server", () => {
  test("passes all eight, in the shape of the command line's contract, and has no session left", async () => {
    const report = await smoke({ health: "/healthz", expectTools: ["get_liveness"], expectVersion: "1.2.3" });
    expect(report).toEqual({
      url: `${server.url}/mcp`,
      server: { name: "akosha", version: "1.2.3" },
      protocol: "2025-11-25",
      passed: 8,
      failed: 0,
      skipped: 0,
      tests: [1, 2, 3, 4, 5, 6, 7, 8].map((id) => ({
        id,
        name: expect.any(String),
        verdict: "pass",
        ms: expect.any(Number),
        detail: expect.any(String),
      })),
    });
    expect(detail(report, 2)).toBe("akosha 1.2.3 speaks 2025-11-25 with a session");
    expect(server.counts.opened).toBe(1);
    expect(server.counts.ended).toBe(1);
    expect(server.sessions.size).toBe(0);
  });

  test.each([
    ["its base", ""],
    ["its base with a slash", "/"],
    ["its endpoint", "/mcp"],
  ])("is found by %s", async (_, path) => {
    const report = await smoke({ url: server.url + path });
    expect(verdicts(report)).toBe("pppppppp");
    expect(report.url).toBe(`${server.url}/mcp`);
  });

  test("is found below a prefix, with its health address, and at a path of its own", async () => {
    const stripped = proxy(server.url, (request) => {
      request.url = (request.url ?? "").replace(/^\/akosha/, "").replace("/rpc", "/mcp");
      return false;
    });
    const url = await serving(stripped);
    expect(verdicts(await smoke({ url: `${url}/akosha`, health: "/healthz" }))).toBe("pppppppp");
    expect(verdicts(await smoke({ url, path: "/rpc" }))).toBe("pppppppp");
  });

  test("is found at the root of a host", async () => {
    const url = await serving(
      proxy(server.url, (request, response) => {
        if (request.url !== "/") return refused(response, 404);
        request.url = "/mcp";
        return false;
      }),
    );
    const report = await smoke({ url });
    expect(verdicts(report)).toBe("pppppppp");
    expect(report.url).toBe(`${url}/`);
  });

  test("without a health address is asked by ping, and without a safe call tests 4 and 5 are skipped by name", async () => {
    const report = await smoke({ calls: [] });
    expect(verdicts(report)).toBe("pppssppp");
    expect(detail(report, 1)).toBe("ping answered; no health endpoint is set");
    expect(detail(report, 4)).toBe("skipped: no safe call is set (--call 'tool {json}')");
    expect(detail(report, 6)).toContain("(MCP's ping); rate limit not tested");
    expect(server.counts.methods).toMatchObject({ ping: 1 + 5 + 5, "tools/call": 1 });
  });

  test("with one safe call repeats it in test 5", async () => {
    const report = await smoke({ calls: calls.slice(0, 1) });
    expect(detail(report, 5)).toContain("get_liveness answered");
    expect(server.counts.methods["tools/call"]).toBe(1 + 1 + 5 + 1);
  });

  test("hears its tests as they end: a connection first, the burst last", async () => {
    const heard: number[] = [];
    await smoke({ onTest: ({ id }) => heard.push(id) });
    expect(heard).toEqual([2, 1, 3, 4, 5, 7, 8, 6]);
  });
});

describe("expectations", () => {
  test("another version fails test 2 alone", async () => {
    const report = await smoke({ expectVersion: "2.0.0" });
    expect(verdicts(report)).toBe("pfpppppp");
    expect(detail(report, 2)).toContain("the server is akosha 1.2.3, not version 2.0.0");
  });

  test("a missing tool, or none at all, fails test 3", async () => {
    const report = await smoke({ expectTools: ["get_liveness", "fly"] });
    expect(verdicts(report)).toBe("ppfppppp");
    expect(detail(report, 3)).toContain("fly not among the 4 tools (get_liveness, ");
    const bare = await startReferenceServer({ name: "akosha", version: "1", tools: [] });
    expect(detail(await smoke({ url: bare.url, calls: [] }), 3)).toContain("tools/list is empty");
    await bare.close();
  });

  test("an unhealthy health address fails test 1, and 7 is not tried", async () => {
    const report = await smoke({ health: "/health" });
    expect(verdicts(report)).toBe("fpppppfp");
    expect(detail(report, 1)).toMatch(
      /not healthy: it returned 503, not 200; sent GET .*\/health; got 503 .*redis.*likely cause: the server, or something/,
    );
    expect(detail(report, 7)).toBe("not run: test 1 failed");
    expect(detail(await smoke({ health: "/nothing" }), 1)).toContain("set --health");
  });

  test("a tool that does not exist never passes", async () => {
    const absent = [{ tool: "fly", arguments: {} }];
    const listed = await smoke({ calls: absent });
    expect(verdicts(listed)).toBe("pppfffpp");
    expect(detail(listed, 4)).toContain("not called: fly is not among the 4 tools");
    server.setFault({ kind: "dead", on: "tools/list" });
    const unlisted = await smoke({ calls: absent });
    expect(verdicts(unlisted)).toBe("ppffffpp");
    expect(detail(unlisted, 4)).toContain("fly failed: the result has isError");
  });
});

describe("a limit", () => {
  /** Answers 429 to every request beyond so many. */
  const limited = (most: number) => {
    let seen = 0;
    return serving(
      proxy(server.url, (request, response) => request.method === "POST" && ++seen > most && refused(response, 429)),
    );
  };

  test("that answers 429 beyond the burst passes", async () => {
    const report = await smoke({ url: await limited(40), expectLimit: 40 });
    expect(verdicts(report)).toBe("pppppppp");
    expect(detail(report, 6)).toMatch(/^a burst, then 429 at request \d+ of this run \(limit 40\)$/);
  });

  test("that is not there fails, after a bounded number of calls", async () => {
    const report = await smoke({ expectLimit: 20 });
    expect(verdicts(report)).toBe("pppppfpp");
    expect(detail(report, 6)).toMatch(/^no 429 in 25 calls \(limit 20\); .*likely cause: no limit applies/);
  });

  test("that is unexpected and cuts the burst short fails", async () => {
    const report = await smoke({ url: await limited(18) });
    expect(verdicts(report)).toBe("pppppfpp");
    expect(detail(report, 6)).toMatch(/a rate limit cut the burst short.*got 429.*rate limit reached/);
  });

  test("far below the expected one fails", async () => {
    const report = await smoke({ url: await limited(18), expectLimit: 60 });
    expect(detail(report, 6)).toMatch(
      /^429 already at request \d+ of this run \(limit 60\).*the limit is lower than expected/,
    );
  });

  test("in the way of the end of the session is waited for", async () => {
    const before = new Set();
    const url = await serving(
      proxy(server.url, (request, response) => {
        const session = request.headers["mcp-session-id"];
        if (request.method !== "DELETE" || before.has(session)) return false;
        before.add(session);
        response.setHeader("retry-after", "0.05");
        return refused(response, 429);
      }),
    );
    expect(verdicts(await smoke({ url }))).toBe("pppppppp");
    expect(server.sessions.size).toBe(0);
  });
});

describe("a bad server", () => {
  test.each<[string, number, RegExp]>([
    ["dead", 5000, /got 503 text\/plain "no healthy upstream"; likely cause: a proxy answers without its server/],
    [
      "html",
      5000,
      /no MCP server at \/mcp or \/; .*got 200 text\/html "<!doctype html>.*a web page, not an MCP server/,
    ],
    ["unauthorized", 5000, /got 401 .*the server requires a credential/],
    ["redirect:https://login.example/in", 5000, /got 302, location: https:\/\/login.example\/in; .*use https/],
    ["huge:1073741824", 5000, /then: the response is larger than 16 MiB; likely cause: not an MCP response/],
    ["hang", 400, /got nothing within 0.4 s; likely cause: the server hangs/],
    ["endless-sse", 400, /": still here.*no response to the request within 0.4 s/],
  ])(
    "that is %s fails test 2 within its time-out of %i ms, and what depends on it at once",
    async (fault, timeoutMs, line) => {
      server.setFault(parseFault(fault));
      const began = performance.now();
      const report = await smoke({ timeoutMs });
      expect(performance.now() - began).toBeLessThan(timeoutMs + 2000);
      expect(verdicts(report)).toBe("ffffffff");
      expect(report).toMatchObject({ server: null, protocol: null });
      expect(detail(report, 2)).toMatch(/sent POST http:.*\/mcp server\/discover/);
      expect(detail(report, 2)).toMatch(line);
      expect(detail(report, 4)).toBe("not run: test 2 reached no MCP server");
    },
  );

  test("that only looks alive passes its health, and nothing else", async () => {
    server.setFault({ kind: "dead" });
    expect(verdicts(await smoke({ health: "/healthz" }))).toBe("pfffffpf");
  });

  test.each<[ReferenceFault, string, number, RegExp]>([
    [{ kind: "hang", on: "tools/list" }, "ppfppppp", 3, /sent POST .* tools\/list; got nothing within 1.5 s/],
    [{ kind: "endless-sse", on: "tools/list" }, "ppfppppp", 3, /got 200 text\/event-stream/],
    [{ kind: "huge", bytes: 2 ** 30, on: "tools/list" }, "ppfppppp", 3, /larger than 16 MiB/],
    [
      { kind: "hidden-error" },
      "pppfffpp",
      4,
      /get_liveness failed: the body says success: false; .*"isError":false.*see the server's log/,
    ],
    [{ kind: "tool-errors", percent: 100 }, "pppfffpp", 5, /list_skills failed: the result has isError/],
    [
      { kind: "tool-errors", percent: 25 },
      "pppppfpp",
      6,
      /1 of 5 concurrent calls failed; .*"isError":true.*likely cause: get_liveness failed/,
    ],
    [{ kind: "credulous" }, "pppppppf", 8, /an unknown method was answered as if it existed/],
    [{ kind: "credulous", on: "tools/call" }, "pppppppf", 8, /an unknown tool was answered as if it existed/],
  ])("with the fault %o fails what it breaks, and has no session left", async (fault, expected, id, line) => {
    server.setFault(fault);
    const report = await smoke({ timeoutMs: fault.on === "tools/list" && fault.kind !== "huge" ? 1500 : 5000 });
    expect([verdicts(report), detail(report, id)]).toEqual([expected, expect.stringMatching(line)]);
    expect(server.sessions.size).toBe(0);
    expect(server.counts.ended).toBe(server.counts.opened);
  });

  test("that does not answer ping fails tests 1 and 7", async () => {
    server.setFault({ kind: "dead", on: "ping" });
    const report = await smoke();
    expect(verdicts(report)).toBe("fpppppfp");
    expect(detail(report, 1)).toMatch(/sent POST .* ping; got 503/);
  });

  test("that breaks off in the middle of initialize has no session left", async () => {
    server.setFault({ kind: "dead", on: "notifications/initialized" });
    expect(verdicts(await smoke())).toBe("ffffffff");
    expect(server.counts).toMatchObject({ opened: 1, ended: 1 });
  });

  test("sends no more of a huge answer than is read", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(65536, "x");
    const url = await serving((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && sent < 2 ** 30) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
      };
      more();
    });
    expect(verdicts(await smoke({ url, health: "/healthz" }))).toBe("ffffffff");
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  test("whose stream is one line without an end is cut off too", async () => {
    const url = await serving((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const more = () => {
        while (!response.destroyed)
          if (!response.write(`data: ${"x".repeat(65536)}`)) return void response.once("drain", more);
      };
      more();
    });
    const report = await smoke({ url, calls: [], timeoutMs: 5000 });
    expect(detail(report, 2)).toMatch(/larger than 16 MiB/);
  });

  test("that redirects within itself fails, with the address to use", async () => {
    const report = await smoke({ url: `${server.url}/mcp/` });
    expect(detail(report, 2)).toContain(`got 307, location: ${server.url}/mcp; likely cause: the server has moved`);
  });

  test("that cuts an answer off fails at once, not at the time-out", async () => {
    const url = await serving((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: {", () => response.destroy());
    });
    const report = await smoke({ url, timeoutMs: 10_000 });
    expect(detail(report, 2)).toMatch(
      /got 200 text\/event-stream "\{", then: .*likely cause: the connection broke in the middle/,
    );
    expect(report.tests[1]?.ms).toBeLessThan(5000);
  });

  test("that answers something else than was asked fails in time", async () => {
    const url = await serving((_, response) => void response.writeHead(202).end());
    const report = await smoke({ url, timeoutMs: 300 });
    expect(detail(report, 2)).toContain("likely cause: the stream ended without a response to this request");
  });

  test("that calls itself anything, at any length, cannot fill a terminal", async () => {
    const named = await startReferenceServer({ name: `\u001b[2J${"n".repeat(1e6)}`, version: "1" });
    const report = await smoke({ url: named.url, calls: [] });
    await named.close();
    expect(report.server?.name).toBe(`[2J${"n".repeat(197)}`);
    expect(JSON.stringify(report).length).toBeLessThan(5000);
  });

  test("that nothing listens for is a clear line", async () => {
    await server.close();
    const report = await smoke();
    expect(verdicts(report)).toBe("ffffffff");
    expect(detail(report, 2)).toMatch(/ECONNREFUSED.*nothing listens at 127.0.0.1:\d+: is the server running/);
  });

  test("with a name that does not exist is a clear line", async () => {
    const report = await smoke({ url: "http://no-such-host.invalid", timeoutMs: 5000 });
    expect(detail(report, 2)).toMatch(/likely cause: cannot resolve no-such-host.invalid/);
  });

  test("that cannot end its session is reported, and fails nothing", async () => {
    const url = await serving(
      proxy(server.url, (request, response) => request.method === "DELETE" && refused(response, 500)),
    );
    const report = await smoke({ url });
    expect(verdicts(report)).toBe("pppppppp");
    expect(detail(report, 6)).toContain("; the session was left open: DELETE returned 500");
  });
});

describe("credentials", () => {
  const secret = "hemlig-t0ken-123";
  const guarded = (expected: string, echo: boolean) =>
    serving(
      proxy(server.url, (request, response) => {
        const given = request.headers.authorization ?? request.headers["x-api-key"];
        if (given === expected) return false;
        response.writeHead(401, { "content-type": "application/json", "www-authenticate": "Bearer" });
        response.end(JSON.stringify({ error: "refused", ...(echo && { headers: request.headers, url: request.url }) }));
        return true;
      }),
    );

  test.each([
    ["a bearer token", { Authorization: `Bearer ${secret}` }, `Bearer ${secret}`],
    ["a header of its own", { "X-Api-Key": secret }, secret],
  ])("%s is sent with every request, the last DELETE too", async (_, headers, expected) => {
    const report = await smoke({ url: await guarded(expected, false), headers, health: "/healthz" });
    expect(verdicts(report)).toBe("pppppppp");
    expect(server.sessions.size).toBe(0);
  });

  test("in the address are sent as a basic credential", async () => {
    const url = await guarded(`Basic ${btoa(`alice:${secret}`)}`, false);
    expect(verdicts(await smoke({ url: url.replace("//", `//alice:${secret}@`) }))).toBe("pppppppp");
  });

  test("are shown nowhere, whatever the server echoes", async () => {
    const url = (await guarded("another", true)).replace("//", `//alice:${secret}-1@`);
    const headers = { "X-Api-Key": `${secret}-2`, Cookie: `a=${secret}-3`, "X-Revision": "candidate" };
    const report = await smoke({ url: `${url}?key=${secret}-4`, headers, health: "/healthz" });
    expect(verdicts(report)).toBe("ffffffff");
    expect(JSON.stringify(report)).not.toContain(secret);
    expect(JSON.stringify(report)).not.toContain(btoa(`alice:${secret}-1`));
    expect(detail(report, 2)).toMatch(
      /\(authorization: \*\*\*, cookie: \*\*\*, x-api-key: \*\*\*, x-revision: candidate\)/,
    );
    expect(detail(report, 2)).toMatch(/got 401 .*the server rejects the credential/);
  });
});

test("options that are none throw before anything is sent", async () => {
  await expect(runSmoke({ url: "nonsense" })).rejects.toThrow(TypeError);
  await expect(smoke({ headers: { "no good": "x" } })).rejects.toThrow(TypeError);
});

function refused(response: ServerResponse, status: number): true {
  response.writeHead(status, { "content-type": "text/plain" }).end("refused");
  return true;
}
