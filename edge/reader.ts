import { readFileSync } from "node:fs";
import { SLOW_MS } from "../ecosystem/latency.ts";
import { type Extension, typed } from "./envoy.ts";

/** How many buckets clients are counted in. */
const CLIENTS = 16;

/** The metadata that the reader leaves of each POST: what was asked, once all of it has come in, and what was answered. */
export const METADATA = "edge";

/** What the reader finds, by its place there. */
export const READ = {
  /** The bucket of the client, "0" to "15". */
  client: "call:client",
  /** The JSON-RPC method and the tool of `tools/call`, at most 64 plain characters each. */
  method: "call:method",
  tool: "call:tool",
  /** How old a call is when its server becomes slow, as `1012ms`: a second after it was sent. */
  slowAfter: "call:slow_after",
  /** `read`, `tool_error`, `rpc_error`, `unread`, or `none` where a call was answered with nothing. */
  answer: "answer:what",
  /** The server's time in milliseconds, and whether it was `SLOW_MS` or more. */
  ms: "answer:ms",
  slow: "answer:slow",
  rpcCode: "answer:rpc_code",
} as const;

type ReaderPlace = (typeof READ)[keyof typeof READ];

/** A finding as a tag or as a field of a log. */
export const found = (place: ReaderPlace) => `%DYNAMIC_METADATA(${METADATA}:${place})%`;

/** A finding in CEL, an error where there is none, and whether anything was answered. */
export const inCel = (place: ReaderPlace) =>
  [METADATA, ...place.split(":")].reduce((all, key) => `${all}['${key}']`, "metadata.filter_metadata");
export const ANSWERED = `'answer' in metadata.filter_metadata['${METADATA}']`;

/**
 * The filter that reads calls and answers as they pass, whatever form they have: Envoy's own filters read JSON of one content
 * type and streams of one line end, see no batches, and hold an answer back until it is whole. `heldBytes` is how much of an
 * answer the edge holds for a client that reads slowly; `tokenFile` has the preview token, which is read when the filter is made.
 */
export function readerFilter({ heldBytes, tokenFile }: { heldBytes: number; tokenFile: string }): Extension {
  const settings = { SLOW_MS, CLIENTS, HELD_BYTES: heldBytes, TOKEN_FILE: tokenFile };
  const given = Object.entries(settings).map(([name, value]) => `local ${name} = ${JSON.stringify(value)}\n`);
  return {
    name: "envoy.filters.http.lua",
    typed_config: typed("envoy.extensions.filters.http.lua.v3.Lua", {
      default_source_code: { inline_string: given.join("") + SOURCE },
    }),
  };
}

/** The program without its comments and indentation: every listener has a copy of it, and a ConfigMap has bounds. */
const SOURCE = readFileSync(new URL("reader.lua", import.meta.url), "utf8")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("--"))
  .join("\n");
