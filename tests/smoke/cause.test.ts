import { describe, expect, test } from "vitest";
import { explain, Finding, telling } from "../../smoke/cause.ts";
import { type Exchange, Redirected } from "../../smoke/wire.ts";

const exchange = (more: Partial<Exchange> = {}): Exchange => ({
  method: "POST",
  url: "https://h:8443/mcp",
  rpc: "tools/list",
  inSession: false,
  aside: false,
  contentType: "application/json",
  body: "",
  bytes: 0,
  ended: true,
  ...more,
});
const failing = (code: string) =>
  exchange({ failure: new TypeError("fetch failed", { cause: Object.assign(new Error("inner"), { code }) }) });
const explained = (seen: Exchange, more: { error?: unknown; waitedMs?: number; headers?: string[] } = {}) =>
  explain({ error: new Error("thrown"), exchange: seen, waitedMs: undefined, headers: [], ...more }, (text) => text);

describe("the likely cause", () => {
  test.each([
    ["ECONNREFUSED", "nothing listens at h:8443"],
    ["ENOTFOUND", "cannot resolve h"],
    ["EAI_AGAIN", "cannot resolve h"],
    ["CERT_HAS_EXPIRED", "the certificate of h has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is for another name than h"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "is not trusted here"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "is not trusted here"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "NODE_EXTRA_CA_CERTS"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "is it plain http://?"],
    ["UND_ERR_CONNECT_TIMEOUT", "cannot reach h:8443"],
    ["EHOSTUNREACH", "cannot reach h:8443"],
    ["HPE_INVALID_CONSTANT", "does not speak HTTP"],
    ["ECONNRESET", "the connection was closed before a response"],
    ["UND_ERR_SOCKET", "the connection was closed before a response"],
  ])("of %s", (code, cause) => {
    const line = explained(failing(code));
    expect(line).toContain(`got inner (${code})`);
    expect(line).toContain(cause);
  });

  test.each([
    [401, "the server requires a credential"],
    [403, "the credential lacks permission"],
    [404, "no MCP endpoint at this path"],
    [405, "no MCP endpoint at this path"],
    [421, "does not accept this host name"],
    [429, "rate limit reached"],
    [500, "internal server error"],
    [502, "a proxy answers without its server"],
    [503, "the server is not ready yet"],
  ])("of HTTP %i", (status, cause) => {
    const line = explained(exchange({ status, body: "said" }));
    expect(line).toContain(`got ${status} application/json "said"`);
    expect(line).toContain(cause);
  });

  test("of a 401 with a credential and of a 404 in a session is another", () => {
    expect(explained(exchange({ status: 401 }), { headers: ["authorization: ***"] })).toContain(
      "the server rejects the credential",
    );
    expect(explained(exchange({ status: 401 }), { headers: ["x-api-key: ***"] })).toContain(
      "the server rejects the credential",
    );
    expect(explained(exchange({ status: 404, inSession: true }))).toContain("does not know the session");
  });

  test("of silence distinguishes a hanging server from a stream without an answer", () => {
    expect(explained(exchange(), { waitedMs: 1500 })).toContain(
      "got nothing within 1.5 s; likely cause: the server hangs",
    );
    const stream = exchange({ status: 200, contentType: "text/event-stream", body: ": ping\n\n", ended: false });
    expect(explained(stream, { waitedMs: 1000 })).toContain('": ping\n\n", but no response to the request');
    expect(explained({ ...stream, ended: true }, { waitedMs: 1000 })).toContain(
      "the stream ended without a response to this request",
    );
  });

  test("of a redirect names the place, without the values of its query", () => {
    const seen = exchange({ status: 307, location: "/login?next=secret", failure: new Redirected("x") });
    expect(explained(seen)).toContain("got 307, location: https://h:8443/login?next=***");
    expect(explained(exchange({ status: 302, location: "http://[", failure: new Redirected("x") }))).toContain(
      "location: http://[",
    );
  });

  test("of something that is no MCP server", () => {
    expect(explained(exchange({ status: 200, contentType: "text/html" }))).toContain("a web page, not an MCP server");
    expect(explained(exchange({ status: 200, contentType: "text/plain", body: "hi" }))).toContain("not an MCP server");
  });

  test("of an unsupported ping names the way out", () => {
    const refusal = exchange({
      status: 200,
      rpc: "ping",
      body: '{"error":{"code":-32601,"message":"Method not found"}}',
    });
    expect(explained(refusal)).toContain("the server does not support MCP's ping: set a health endpoint (--health)");
  });

  test("of an answer that broke off, or that is not JSON", () => {
    const cut = exchange({ status: 200, ended: false, failure: new TypeError("terminated") });
    expect(explained(cut)).toContain(
      "then: terminated; likely cause: the connection broke in the middle of the response",
    );
    const error = new Error("outer", { cause: new SyntaxError("Unexpected end") });
    expect(explained(exchange({ status: 200 }), { error })).toContain("the response is not JSON: Unexpected end");
  });

  test("of anything else is the thrown error", () => {
    expect(explained(exchange({ status: 200, body: "{}" }))).toContain("likely cause: thrown");
  });
});

test("a finding speaks first and may know its cause", () => {
  const error = new Finding("found", { likely: "known" });
  expect(explained(exchange({ status: 200, body: "{}" }), { error })).toBe(
    'found; sent POST https://h:8443/mcp tools/list; got 200 application/json "{}"; likely cause: known',
  );
  expect(
    explain({ error: new Finding("alone"), exchange: undefined, waitedMs: undefined, headers: [] }, (text) => text),
  ).toBe("alone");
});

test("an event stream is shown without its framing, and a long body in part", () => {
  const contentType = "text/event-stream";
  expect(explained(exchange({ status: 200, contentType, body: 'event: message\ndata: {"a":1}\n\n' }))).toContain(
    '" {"a":1}"',
  );
  expect(explained(exchange({ status: 200, body: "x".repeat(500) }))).toContain(`"${"x".repeat(200)}..."`);
});

test("the most informative exchange is the last failed one, else an unfinished one; never one that is not awaited", () => {
  const fine = exchange({ status: 200 });
  const broken = exchange({ status: 500 });
  const open = exchange({ status: 200, ended: false });
  const aside = exchange({ status: 404, aside: true });
  expect(telling([fine, broken, open, fine, aside])).toBe(broken);
  expect(telling([fine, open, fine, aside])).toBe(open);
  expect(telling([aside])).toBeUndefined();
});
