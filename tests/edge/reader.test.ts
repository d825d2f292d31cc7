import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Counts, noCounts, subtractCounts } from "../../promotion/counts.ts";
import { freePort } from "../../rehearsal/port.ts";
import { Client } from "../fixtures/edge/client.ts";
import { at, deferred } from "../fixtures/edge/everyday.ts";
import { startTestEdge, type TestEdge, temporaryFolder } from "../fixtures/envoy.ts";

/** One answer of the server: its content type, its body in one or more pieces, and whether it compresses where that is asked for, or always. */
type Form = {
  status?: number;
  type: string;
  body: string | Buffer | string[];
  compress?: "gzip" | "br";
  always?: boolean;
};

const result = (isError: boolean, text = "database is gone") => ({
  jsonrpc: "2.0",
  id: 1,
  result: { content: [{ type: "text", text }], isError },
});
const message = JSON.stringify(result(true));
const pretty = JSON.stringify(result(true), null, 4);
const fine = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [] } });
const rpcError = JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32603, message: "database is gone" } });
const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progress: 1 } });
const JSON_TYPE = "application/json";
const SSE_TYPE = "text/event-stream";
const BOM = "\uFEFF";
const event = (data: string, end = "\n") => `event: message${end}data: ${data}${end}${end}`;
const letters = (text: string) => [...text];

const toolErrors: Record<string, Form> = {
  JSON: { type: JSON_TYPE, body: message },
  "JSON with a charset": { type: "application/json; charset=utf-8", body: message },
  "JSON with a charset and no space": { type: "application/json;charset=utf-8", body: message },
  "JSON with a charset in capitals": { type: "application/json; charset=UTF-8", body: message },
  "JSON with a charset in capitals and no space": { type: "application/json;charset=UTF-8", body: message },
  "JSON with another parameter's case": { type: "application/json; Charset=utf-8", body: message },
  "JSON with a space before the parameter": { type: "application/json ; charset=utf-8", body: message },
  "JSON in capitals": { type: "Application/JSON", body: message },
  "JSON of a kind": { type: "application/vnd.mcp+json", body: message },
  "JSON with gzip": { type: JSON_TYPE, body: message, compress: "gzip" },
  "JSON with br": { type: JSON_TYPE, body: message, compress: "br" },
  "JSON with a byte order mark": { type: JSON_TYPE, body: BOM + message },
  "JSON in many lines": { type: JSON_TYPE, body: pretty },
  "JSON letter by letter": { type: JSON_TYPE, body: letters(message) },
  "JSON after a long text": { type: JSON_TYPE, body: JSON.stringify(result(true, '\\"{['.repeat(200_000))) },
  "a batch of one": { type: JSON_TYPE, body: `[${message}]` },
  "a batch of three": { type: JSON_TYPE, body: `[${note}, ${fine}, ${message}]` },
  SSE: { type: SSE_TYPE, body: event(note) + event(message) },
  "SSE with a charset": { type: "Text/Event-Stream; charset=utf-8", body: event(message) },
  "SSE with gzip": { type: SSE_TYPE, body: event(message), compress: "gzip" },
  "SSE with CRLF": { type: SSE_TYPE, body: event(note, "\r\n") + event(message, "\r\n") },
  "SSE with bare CR": { type: SSE_TYPE, body: event(note, "\r") + event(message, "\r") },
  "SSE without its last blank line": { type: SSE_TYPE, body: `data: ${message}\n` },
  "SSE without its last line end": { type: SSE_TYPE, body: `data: ${message}` },
  "SSE with a byte order mark": { type: SSE_TYPE, body: `${BOM}data:${message}\n\n` },
  "SSE in many lines": { type: SSE_TYPE, body: `id: 1\n${pretty.replace(/^/gm, "data: ")}\n\n` },
  "SSE letter by letter with CRLF": { type: SSE_TYPE, body: letters(`: hello\r\n\r\n${event(message, "\r\n")}`) },
  "a batch in SSE": { type: SSE_TYPE, body: event(`[${fine},${message}]`) },
};

const good: Record<string, Form> = {
  "a result without an error": { type: JSON_TYPE, body: fine },
  "a result that says there is none": { type: JSON_TYPE, body: JSON.stringify(result(false)) },
  "a text that looks like an error": {
    type: JSON_TYPE,
    body: JSON.stringify(result(false, '"isError":true},"error":{"code":1}')),
  },
  "an error deep in a result": {
    type: JSON_TYPE,
    body: JSON.stringify({
      id: 1,
      result: { structuredContent: { isError: true, result: { isError: true } }, error: { code: 1 } },
    }),
  },
  "an error that is null": { type: JSON_TYPE, body: '{"id":1,"result":{},"error":null}' },
  "a true in quotes": { type: JSON_TYPE, body: '{"id":1,"result":{"isError":"true"}}' },
  "no body": { type: JSON_TYPE, body: "" },
  "a stream with comments alone": { type: SSE_TYPE, body: ": hello\n\nretry: 10\n\ndata:\n\n" },
};

const rpcErrors: Record<string, Form> = {
  "an error": { type: JSON_TYPE, body: rpcError },
  "an error in a stream": { type: SSE_TYPE, body: event(note) + event(rpcError) },
  "an error in a batch": { type: JSON_TYPE, body: `[${message},${rpcError}]` },
  "an error that is a text": { type: JSON_TYPE, body: '{"id":1,"error":"boom"}' },
};

const unread: Record<string, Form> = {
  "compressed though nobody asked": { type: JSON_TYPE, body: message, compress: "gzip", always: true },
  "another type": { type: "text/html", body: "<html>" },
  "no type": { type: "", body: message },
  "half of it": { type: JSON_TYPE, body: message.slice(0, 40) },
  "another language": { type: JSON_TYPE, body: "{} {}" },
  "UTF-16": { type: JSON_TYPE, body: Buffer.from(message, "utf16le") },
  "half of it in a stream": { type: SSE_TYPE, body: `data: ${message.slice(0, 40)}\n\n` },
};

const call = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "tools/list" });
const notification = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized", params: { id: 1 } });
const reply = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { method: "tools/list" } });

const asking: Record<string, string> = {
  "a call": call,
  "a call with a name for its number": '{"id":"","method":"ping"}',
  "a batch with a call in it": `[${notification},${call},${reply}]`,
};
const answerless: Record<string, Form> = {
  "an empty JSON body": { type: JSON_TYPE, body: "" },
  "an empty body without a type": { type: "", body: "" },
  "an empty object": { type: JSON_TYPE, body: "{}" },
  "an empty batch": { type: JSON_TYPE, body: "[]" },
  "a notification": { type: JSON_TYPE, body: note },
};
const answerlessStreams: Record<string, Form> = {
  "an empty stream": { type: SSE_TYPE, body: "" },
  "a stream with a ping": { type: SSE_TYPE, body: ": ping\n\n" },
  "a stream with progress": { type: SSE_TYPE, body: event(note) },
};
const askingNothing: Record<string, string> = {
  "a notification": notification,
  "an answer to the server": reply,
  "a batch of both": `[${reply},${notification}]`,
  "a number that is null": '{"id":null,"method":"ping"}',
  "a stream to listen to": '{"id":1,"method":"subscriptions/listen"}',
};

const { defer, cleanUp } = deferred();
afterAll(cleanUp);

let edge: TestEdge;
let client: Client;
let form: Form;
let asked: string | undefined;

beforeAll(async () => {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    asked = request.headers["accept-encoding"]?.toString();
    await answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  const port = await freePort();
  const stable = { id: "echo-1", endpoints: [at((server.address() as AddressInfo).port)] };
  const services = [{ name: "echo", listen: at(port), stable }];
  edge = await startTestEdge({ folder: await temporaryFolder(defer), services }, defer);
  client = new Client(port);
  defer(async () => client.close());
});

async function answer(response: ServerResponse) {
  const { status = 200, type, body, compress, always } = form;
  response.statusCode = status;
  if (type) response.setHeader("content-type", type);
  const compressed = compress && (always || asked?.includes(compress));
  if (compressed) response.setHeader("content-encoding", compress);
  const pieces = Array.isArray(body) ? body : [body];
  for (const piece of pieces) {
    response.write(compressed ? (compress === "br" ? brotliCompressSync(piece) : gzipSync(piece)) : piece);
    if (pieces.length > 1) await wait(1);
  }
  response.end();
}

const counted = async (): Promise<Counts> => {
  const seen = await edge.source.poll();
  if (seen.silent) throw new Error(seen.why);
  return seen.services.echo?.stable.user ?? noCounts;
};

/** What one answer of that form to this request counts for; it must reach the client as it was sent. */
async function countOf(sent: Form, request = "{}"): Promise<Counts> {
  form = sent;
  const before = await counted();
  const { status, body } = await client.call(undefined, { "accept-encoding": "gzip, br" }, request);
  expect(status).toBe(sent.status ?? 200);
  if (!sent.always && !Buffer.isBuffer(sent.body))
    expect(body).toBe(Array.isArray(sent.body) ? sent.body.join("") : sent.body);
  await expect.poll(async () => (await counted()).requests).toBe(before.requests + 1);
  return { ...subtractCounts(await counted(), before), slow: 0 }; // in pieces it can take its time
}

const one = (more: Partial<Counts>): Counts => ({ ...noCounts, requests: 1, ...more });

test.each(Object.entries(toolErrors))("a tool's error is seen in %s", async (_, form) => {
  expect(await countOf(form)).toEqual(one({ toolErrors: 1 }));
});

test.each(Object.entries(good))("%s is good", async (_, form) => {
  expect(await countOf(form)).toEqual(one({}));
});

test.each(Object.entries(rpcErrors))("a JSON-RPC error is a refusal: %s", async (_, form) => {
  expect(await countOf(form)).toEqual(one({ refused: 1 }));
});

test.each(Object.entries(unread))("what cannot be read is counted as such: %s", async (_, form) => {
  expect(await countOf(form)).toEqual(one({ unread: 1 }));
});

describe.each(Object.entries(asking))("%s", (_, request) => {
  test.each(Object.entries(answerless))("fails when all it gets is %s", async (_, form) => {
    expect(await countOf(form, request)).toEqual(one({ failures: 1 }));
  });

  test.each(Object.entries(answerlessStreams))("cannot be judged when all it gets is %s", async (_, form) => {
    expect(await countOf(form, request)).toEqual(one({ unread: 1 }));
  });

  test.each(Object.entries(good).slice(0, 5))("is good when it gets %s", async (_, form) => {
    expect(await countOf(form, request)).toEqual(one({}));
  });

  test("is good when its answer is promised", async () => {
    expect(await countOf({ status: 202, type: "", body: "" }, request)).toEqual(one({}));
  });
});

test.each(Object.entries(askingNothing))("what asks for no answer needs none: %s", async (_, request) => {
  for (const form of [...Object.values(answerless), ...Object.values(answerlessStreams)])
    expect(await countOf(form, request)).toEqual(one({}));
});

test("no server is asked to compress", async () => {
  await countOf({ type: JSON_TYPE, body: fine });
  expect(asked).toBeUndefined();
});
