import type { ServerResponse } from "node:http";

/**
 * What the reference server does wrong on its MCP path. `on` limits a fault to one JSON-RPC method.
 * - `dead`: 503, while the health address goes on saying ok
 * - `errors`: 500 for that share of the requests, in percent, spread evenly
 * - `slow`: answers that many milliseconds later
 * - `hang`: takes the request and never answers
 * - `html`: a web page with 200
 * - `unauthorized`: 401, asking for a bearer token
 * - `redirect`: 302 to that address
 * - `endless-sse`: an event stream that never holds the answer
 * - `huge`: a JSON answer of that many bytes
 * - `tool-errors`: `isError` for that share of the tool calls, in percent
 * - `hidden-error`: a result without `isError` whose text holds an error
 * - `credulous`: unknown methods and tools are answered as if they existed
 */
export type ReferenceFault = { on?: string } & (
  | { kind: "none" | "dead" | "hang" | "html" | "unauthorized" | "endless-sse" | "hidden-error" | "credulous" }
  | { kind: "errors" | "tool-errors"; percent: number }
  | { kind: "slow"; ms: number }
  | { kind: "redirect"; to: string }
  | { kind: "huge"; bytes: number }
);

const plain = ["none", "dead", "hang", "html", "unauthorized", "endless-sse", "hidden-error", "credulous"] as const;

/** Reads a fault as it stands on a command line: `dead`, `errors:5`, `slow:300`, `tool-errors:5`, `redirect:URL`, `huge:BYTES`. */
export function parseFault(text: string): ReferenceFault {
  const [, kind = "", value = ""] = /^([^:]+):?(.*)$/.exec(text) ?? [];
  const known = plain.find((one) => one === kind);
  if (known) return { kind: known };
  if (kind === "redirect" && value) return { kind, to: value };
  const number = Number(value);
  if (value !== "" && number >= 0) {
    if (kind === "errors" || kind === "tool-errors") return { kind, percent: number };
    if (kind === "slow") return { kind, ms: number };
    if (kind === "huge") return { kind, bytes: number };
  }
  throw new Error(`unknown fault: ${text}`);
}

/** True for that share of its calls, in percent, as evenly as can be. */
export function share(): (percent: number) => boolean {
  let owed = 0;
  return (percent) => {
    owed += percent / 100;
    if (owed < 1 - 1e-9) return false;
    owed -= 1;
    return true;
  };
}

/** Answers as the fault says, where it replaces the whole answer. Returns whether it has. */
export function misbehave(fault: ReferenceFault, response: ServerResponse, hit: (percent: number) => boolean): boolean {
  switch (fault.kind) {
    case "dead":
      response.writeHead(503, { "content-type": "text/plain" }).end("no healthy upstream");
      return true;
    case "errors":
      if (!hit(fault.percent)) return false;
      response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error");
      return true;
    case "hang":
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome</title>");
      return true;
    case "unauthorized":
      response.writeHead(401, { "www-authenticate": "Bearer", "content-type": "application/json" });
      response.end('{"error":"invalid_token"}');
      return true;
    case "redirect":
      response.writeHead(302, { location: fault.to }).end();
      return true;
    case "endless-sse":
      response.writeHead(200, { "content-type": "text/event-stream" });
      keepTalking(response);
      return true;
    case "huge":
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"jsonrpc":"2.0","id":1,"result":{"text":"');
      pour(response, "x".repeat(65536), fault.bytes);
      return true;
    default:
      return false;
  }
}

/** Writes a comment now and every 20 ms until the client goes. */
function keepTalking(response: ServerResponse): void {
  const talk = () => void response.write(": still here\n\n");
  const timer = setInterval(talk, 20);
  response.once("close", () => clearInterval(timer));
  talk();
}

/** Writes the text over and over until that many bytes are sent or the client goes, as fast as the client reads. */
function pour(response: ServerResponse, text: string, bytes: number): void {
  let sent = 0;
  const more = (): void => {
    while (sent < bytes && !response.destroyed) {
      sent += text.length;
      if (!response.write(text)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}
