import fc from "fast-check";
import { expect, test } from "vitest";
import { COUNTED_CODES, type Facts, judge, meaningOf, type Outcome, RULES } from "../../edge/outcomes.ts";
import { ROUTES } from "../../edge/routes.ts";

const usual: Facts = { route: "new", by: "server", code: "200", flags: "-", answer: "read", slow: "false" };

test.each<[string, Partial<Facts>, Outcome, string]>([
  ["a good answer", {}, "good", "good"],
  ["a good answer of a session", { route: "session" }, "good", "good"],
  ["an answer without a body", { code: "202" }, "good", "good"],
  ["a slow answer", { slow: "true" }, "slow", "slower than 1 s"],
  ["a tool's error", { answer: "tool_error" }, "good", "good"],
  ["an answer that cannot be read", { answer: "unread" }, "good", "good"],
  ["a JSON-RPC error", { answer: "rpc_error" }, "refused", "JSON-RPC error"],
  ["a slow JSON-RPC error", { answer: "rpc_error", slow: "true" }, "refused", "JSON-RPC error"],
  ["a JSON-RPC error under a client's error", { code: "400", answer: "rpc_error" }, "refused", "400 from the server"],
  ["a JSON-RPC error under a server's error", { code: "500", answer: "rpc_error" }, "failed", "500 from the server"],
  ["no token that the server takes", { code: "401" }, "refused", "401 from the server"],
  ["nobody is let in", { code: "403" }, "refused", "403 from the server"],
  ["too many for the server", { code: "429" }, "refused", "429 from the server"],
  ["too large for the server", { code: "413" }, "refused", "413 from the server"],
  ["a code of the server's own", { code: "4xx" }, "refused", "4xx from the server"],
  ["a redirect", { code: "3xx" }, "refused", "3xx from the server"],
  ["a redirect of a session's call", { code: "3xx", route: "session" }, "refused", "3xx from the server"],
  ["a path that the server does not know", { code: "404" }, "refused", "404 from the server"],
  ["a session that the server forgot", { code: "404", route: "session" }, "refused", "forgotten session"],
  ["a probe's session that it forgot", { code: "404", route: "probe-session" }, "refused", "forgotten session"],
  ["a bad request of a session", { code: "400", route: "session" }, "refused", "400 from the server"],
  ["a server's error", { code: "500" }, "failed", "500 from the server"],
  ["another one", { code: "5xx" }, "failed", "5xx from the server"],
  ["a call that is answered with nothing", { answer: "none" }, "failed", "no answer"],
  ["nothing, slowly", { answer: "none", slow: "true" }, "failed", "no answer"],
  ["nothing in a refusal", { code: "403", answer: "none" }, "refused", "403 from the server"],
  ["a slow failure", { code: "503", slow: "true" }, "failed", "503 from the server"],
  ["no connection", { by: "edge", code: "503", flags: "UF", answer: "unread" }, "failed", "connection failed"],
  ["no connection after retries", { by: "edge", code: "503", flags: "UF,URX" }, "failed", "connection failed"],
  ["a lost connection", { by: "edge", code: "503", flags: "UC" }, "failed", "connection lost"],
  ["a reset", { by: "edge", code: "503", flags: "UR" }, "failed", "connection reset"],
  ["nobody there", { by: "edge", code: "503", flags: "UH" }, "failed", "no instance available"],
  ["no answer in time", { by: "edge", code: "504", flags: "UT" }, "failed", "timed out"],
  ["bad HTTP of a server", { by: "edge", code: "502", flags: "UPE" }, "failed", "answer cut short"],
  ["a stream cut short", { by: "edge", flags: "UPE", answer: "" }, "failed", "answer cut short"],
  ["a stream cut after its answer", { flags: "UC" }, "failed", "connection lost"],
  [
    "a server that falls silent",
    { by: "edge", code: "504", flags: "SI", answer: "", slow: "true" },
    "failed",
    "timed out",
  ],
  [
    "a client that falls silent in its upload",
    { by: "edge", code: "408", flags: "SI", answer: "", slow: "" },
    "neutral",
    "answered by the edge",
  ],
  ["a client that does not read on", { flags: "SI" }, "good", "good"],
  ["a client that left at once", { by: "edge", code: "", flags: "DC", answer: "" }, "neutral", "client left"],
  [
    "a client that left in its upload",
    { by: "edge", code: "", flags: "DC", answer: "", slow: "" },
    "neutral",
    "client left",
  ],
  ["a client that left over HTTP/2", { by: "edge", code: "", flags: "DR", answer: "" }, "neutral", "client left"],
  [
    "a client that left after waiting",
    { by: "edge", code: "", flags: "DC", answer: "", slow: "true" },
    "slow",
    "client gave up waiting",
  ],
  ["a client that left after its answer", { flags: "DC", answer: "read" }, "good", "good"],
  [
    "a client that left a refusal",
    { by: "server", flags: "DC", code: "403", answer: "rpc_error" },
    "refused",
    "403 from the server",
  ],
  ["one too many", { by: "edge", code: "429", flags: "RL", answer: "" }, "neutral", "answered by the edge"],
  ["no valid token", { by: "edge", code: "401", flags: "-", answer: "" }, "neutral", "answered by the edge"],
  ["a body too large", { by: "edge", code: "413", answer: "", slow: "" }, "neutral", "answered by the edge"],
  ["an upgrade", { by: "edge", code: "403", answer: "", slow: "" }, "neutral", "answered by the edge"],
  [
    "a forged session id",
    { by: "edge", code: "503", flags: "DPE", route: "session", answer: "unread" },
    "neutral",
    "answered by the edge",
  ],
  [
    "no room at the edge",
    { by: "edge", code: "503", flags: "UO", answer: "unread" },
    "neutral",
    "answered by the edge",
  ],
  ["no route", { by: "edge", code: "404", flags: "NR", answer: "" }, "neutral", "answered by the edge"],
  [
    "an ended session",
    { by: "edge", code: "404", route: "ended", answer: "rpc_error" },
    "neutral",
    "answered by the edge",
  ],
])("%s", (_, facts, outcome, kind) => {
  expect(judge({ ...usual, ...facts })).toMatchObject({ outcome, kind });
});

test("a remark is about what was served, however slowly", () => {
  expect(judge({ ...usual, answer: "tool_error" }).remark).toBe("tool error");
  expect(judge({ ...usual, answer: "tool_error", slow: "true" })).toMatchObject({
    outcome: "slow",
    remark: "tool error",
  });
  expect(judge({ ...usual, answer: "unread" }).remark).toBe("unread");
  expect(judge({ ...usual, answer: "unread", code: "403" }).remark).toBeUndefined();
  expect(judge({ ...usual, answer: "tool_error", flags: "UC" }).remark).toBeUndefined();
});

const facts: fc.Arbitrary<Facts> = fc.record({
  route: fc.constantFrom(...Object.values(ROUTES)),
  by: fc.constantFrom("server", "edge", "-", ""),
  code: fc.constantFrom(...COUNTED_CODES.map(String), "3xx", "4xx", "5xx", "other", "-", ""),
  flags: fc
    .subarray(["UF", "UC", "UR", "UPE", "UH", "UT", "UO", "SI", "DC", "DR", "RL", "NR", "DPE", "URX", "LH", "UMSDR"])
    .map((flags) => flags.join(",") || "-"),
  answer: fc.constantFrom("read", "tool_error", "rpc_error", "unread", "none", "-", ""),
  slow: fc.constantFrom("true", "false", "-", ""),
});

test("everything has an outcome, and one of few kinds", () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(facts, (some) => {
      kinds.add(judge(some).kind);
    }),
    { numRuns: 5000 },
  );
  expect(kinds.size).toBeLessThan(RULES.length + COUNTED_CODES.length);
});

test("without a sign of trouble on the way, what the edge answers says nothing", () => {
  fc.assert(
    fc.property(facts, fc.constantFrom("-", "RL", "NR", "DPE", "UO", "DPE,URX"), (some, flags) => {
      expect(judge({ ...some, by: "edge", flags }).outcome).toBe("neutral");
    }),
  );
});

test("a kind tells the outcome that it describes, and a remark itself", () => {
  fc.assert(
    fc.property(facts, (some) => {
      const { kind, outcome, remark } = judge(some);
      expect(meaningOf(kind)).toBe(outcome);
      if (remark) expect(meaningOf(remark)).toBe(remark);
    }),
  );
  expect(meaningOf("something new")).toBeUndefined();
});
