import { describe, expect, test } from "vitest";
import { errorIn } from "../../smoke/result.ts";

const text = (...texts: string[]) => ({ content: texts.map((one) => ({ type: "text", text: one })) });
const json = (value: unknown) => text(JSON.stringify(value));

const errors: [string, Parameters<typeof errorIn>[0]][] = [
  ["isError", { isError: true, content: [] }],
  ["a plain error text", text("Error: disk full")],
  ["an error text in capitals", text("ERROR: disk full")],
  ["an error text after an emoji", text("❌ Error: disk full")],
  ["a cross alone before a sentence", text("❌ Session could not be stored")],
  ["the one word", text("error")],
  ["failed to", text("Failed to connect to database")],
  ["unable to", text("Unable to open the store")],
  ["something failed", text("Backup failed: disk full")],
  ["an error calling", text("Error calling tool 'x': boom")],
  ["an error occurred", text("An unexpected error occurred")],
  ["a traceback", text("Traceback (most recent call last):\n  File x, line 1\nValueError: bad")],
  ["a traceback further down", text("running...\nTraceback (most recent call last):\n  File")],
  ["an exception line", text("starting\nsqlite3.OperationalError: database is locked")],
  ["a status line", text("Job 7\nstatus: failed")],
  ["a success line", text("Job 7\nsuccess: False")],
  ["an unknown tool", text("Unknown tool: list_repos")],
  ["a tool not found", text("Tool list_repos not found")],
  ["a gateway's sentence", text("Internal Server Error")],
  ["the second text", text("started", "Error: disk full")],
  ["error in JSON", json({ error: "disk full" })],
  ["an error object in JSON", json({ error: { code: 5 } })],
  ["errors in JSON", json({ errors: ["a"] })],
  ["success false", json({ success: false })],
  ["success as text", json({ success: "false" })],
  ["ok false", json({ ok: false, repos: [] })],
  ["a failed status", json({ status: "failed" })],
  ["an error status", json({ status: "ERROR", message: "x" })],
  ["an HTTP status", json({ status: 503 })],
  ["a JSON-RPC code", json({ code: -32603, message: "Internal error" })],
  ["a message that is an error", json({ message: "Failed to reach redis" })],
  ["a detail as web frameworks say it", json({ detail: "Not Found" })],
  ["an error in a wrapper", json({ result: { data: { error: "disk full" } } })],
  ["an error in a list of one", json([{ error: "disk full" }])],
  ["JSON in a string in JSON", json({ result: JSON.stringify({ success: false }) })],
  ["an error text in a wrapper", json({ result: "Error: disk full" })],
  ["isError inside the text", json({ isError: true })],
  ["structured content", { content: [], structuredContent: { error: "disk full" } }],
  [
    "structured content with a text",
    { content: [], structuredContent: { result: "Traceback (most recent call last):" } },
  ],
  ["good text, bad structured content", { ...text("done"), structuredContent: { success: false } }],
  ["an embedded resource", { content: [{ type: "resource", resource: { uri: "a:b", text: "Error: gone" } }] }],
];

const fine: [string, Parameters<typeof errorIn>[0]][] = [
  ["an empty result", { content: [] }],
  ["a text", text("pong")],
  ["an image", { content: [{ type: "image", data: "AAAA", mimeType: "image/png" }] }],
  ["error: null", json({ error: null, repos: [] })],
  ["no errors in a list", json({ errors: [] })],
  ["no errors in an object", json({ errors: {} })],
  ["an empty error text", json({ error: "" })],
  ["counts of failures", json({ failed: 3, errors: 0, ok: true })],
  ["an ok status", json({ status: "ok", success: true })],
  ["an HTTP 200", json({ status: 200, code: 0 })],
  ["errors: 0", text("Errors: 0\nRepos: 4")],
  ["a count of errors", text("errors: 3, requests: 9000")],
  ["failed: none", text("Failed: none")],
  ["no error", text("No error: all is well")],
  ["no errors found", text("No errors found")],
  ["an error rate", text("Error rate: 0.01 %")],
  ["error handling as a subject", text("Error handling skill\nTeaches how to handle errors")],
  ["failed jobs", text("Failed jobs: 0")],
  [
    "a repository about errors",
    json({ repos: [{ name: "error-tracker", description: "Failed to build? Track it" }, { name: "b" }] }),
  ],
  ["one thing of several that failed", json({ jobs: [{ status: "failed" }, { status: "ok" }] })],
  ["text that only looks like JSON", text("[1, 2")],
];

describe("a tool result that is or hides an error", () => {
  test.each(errors)("%s", (_, result) => {
    expect(errorIn(result)).toBeTypeOf("string");
  });
});

describe("a good tool result", () => {
  test.each(fine)("%s", (_, result) => {
    expect(errorIn(result)).toBeUndefined();
  });
});

test("the reason names what was found, briefly", () => {
  expect(errorIn(json({ success: false }))).toBe("the body says success: false");
  expect(errorIn(json({ error: "x".repeat(500) }))).toBe(`the body has an error: ${"x".repeat(100)}...`);
});

test("a long hostile text is judged quickly", () => {
  const began = performance.now();
  errorIn(text(`${" \n".repeat(500_000)}x`, "a ".repeat(500_000), "A".repeat(1_000_000)));
  expect(performance.now() - began).toBeLessThan(2000);
});
