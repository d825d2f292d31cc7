import { describe, expect, test } from "vitest";
import { unhealthyBecause } from "../../smoke/health.ts";

const answer = (body: string, status = 200, contentType = "application/json") => ({ status, contentType, body });

describe("healthy", () => {
  test.each([
    ["the word alone", "ok"],
    ["in capitals", "OK\n"],
    ["a JSON word", '"ok"'],
    ["true", "true"],
    ["a sentence", "mahavishnu is healthy"],
    ["status ok", '{"status":"ok"}'],
    ["status healthy", '{"status":"healthy","version":"1"}'],
    ["status pass", '{"status":"pass"}'],
    ["status UP", '{"status":"UP","components":{}}'],
    ["ok: true", '{"ok":true}'],
    ["a numeric status", '{"status":200}'],
    ["nothing at all", ""],
  ])("%s", (_, body) => {
    expect(unhealthyBecause(answer(body))).toBeUndefined();
  });
});

describe("not healthy", () => {
  test.each([
    ["status unhealthy", answer('{"status":"unhealthy"}'), "the body says status: unhealthy"],
    ["status error", answer('{"status":"error"}'), "the body says status: error"],
    ["status degraded", answer('{"status":"degraded"}'), "the body says status: degraded"],
    ["status fail", answer('{"status":"fail"}'), "the body says status: fail"],
    ["not ok", answer('{"status":"not ok"}'), "the body says status: not ok"],
    ["ok: false", answer('{"ok":false}'), "the body says ok: false"],
    ["two fields that disagree", answer('{"status":"ok","healthy":false}'), "the body says healthy: false"],
    [
      "an object without a status",
      answer('{"version":"1"}'),
      "the body contains no status (status, state, health, healthy, ...)",
    ],
    ["a list", answer("[]"), "the body contains no status (status, state, health, healthy, ...)"],
    ["the word unhealthy", answer("unhealthy"), "the body does not say ok"],
    ["ok and not ok", answer("ok, but redis is down"), "the body does not say ok"],
    ["something else", answer("Hello"), "the body does not say ok"],
    ["a web page", answer("<!doctype html><p>ok</p>"), "it returned a web page, not a health status"],
    ["a page by its type", answer("ok", 200, "text/html"), "it returned a web page, not a health status"],
    ["another status code", answer('{"status":"ok"}', 503), "it returned 503, not 200"],
    ["204", answer("", 204), "it returned 204, not 200"],
  ])("%s", (_, given, reason) => {
    expect(unhealthyBecause(given)).toBe(reason);
  });
});
