/** One HTTP exchange: the request, the response so far, and how it broke, if it did. */
export type Exchange = {
  method: string;
  url: string;
  /** The JSON-RPC method of a request, with the tool's name; absent for anything else. */
  rpc?: string;
  /** Whether the request named a session. */
  inSession: boolean;
  /** Nothing waits for it: a notification, an event stream, the end of a session. */
  aside: boolean;
  status?: number;
  contentType: string;
  /** Where a redirect leads. */
  location?: string;
  /** The first characters of the body. */
  body: string;
  bytes: number;
  ended: boolean;
  failure?: Error;
};

/** Sends one run's requests, records them, and bounds the size of responses. */
export type Wire = {
  fetch: (input: string | URL, init?: RequestInit) => Promise<Response>;
  exchanges: Exchange[];
  /** Every session that a server created, with its URL, so that each can be ended. */
  sessions: Map<string, string>;
};

/** The server responded with a redirect, which is not followed, because that would test another URL. */
export class Redirected extends Error {
  override name = "Redirected";
}

/** The response exceeded `LARGEST_BODY`. */
export class TooLarge extends Error {
  override name = "TooLarge";
}

/** Largest response, in bytes; the rest of a larger one is not read. */
const LARGEST_BODY = 16 * 1024 * 1024;
const KEPT = 8192;

/**
 * A wire over the platform's `fetch`. `onBroken` is called for a response that broke off and cannot be resumed, because
 * an event stream's reader would otherwise wait for a message that will never come.
 */
export function openWire(onBroken: (exchange: Exchange) => void): Wire {
  const exchanges: Exchange[] = [];
  const sessions = new Map<string, string>();
  return {
    exchanges,
    sessions,
    async fetch(input, init = {}) {
      const exchange = begin(String(input), init);
      exchanges.push(exchange);
      try {
        const response = await fetch(input, { ...init, redirect: "manual" });
        note(exchange, response);
        const session = response.headers.get("mcp-session-id");
        if (session) sessions.set(session, exchange.url);
        if (exchange.location !== undefined) {
          await response.body?.cancel();
          throw new Redirected(`redirected to ${exchange.location}`);
        }
        return response.body ? new Response(watched(response.body, exchange, onBroken), response) : response;
      } catch (error) {
        exchange.failure = error as Error;
        throw error;
      }
    },
  };
}

function begin(url: string, init: RequestInit): Exchange {
  const method = init.method ?? "GET";
  const headers = new Headers(init.headers);
  const rpc = rpcOf(init.body);
  const listens = headers.get("accept")?.includes("event-stream") ?? false;
  return {
    method,
    url,
    ...(rpc !== undefined && { rpc }),
    inSession: headers.has("mcp-session-id"),
    aside: rpc === undefined && (method !== "GET" || listens),
    contentType: "",
    body: "",
    bytes: 0,
    ended: false,
  };
}

function rpcOf(body: unknown): string | undefined {
  if (typeof body !== "string") return undefined;
  const message = JSON.parse(body) as { id?: unknown; method?: string; params?: { name?: string } };
  if (message.id === undefined || !message.method) return undefined;
  return message.method === "tools/call" ? `tools/call ${message.params?.name}` : message.method;
}

function note(exchange: Exchange, response: Response): void {
  exchange.status = response.status;
  exchange.contentType = response.headers.get("content-type") ?? "";
  exchange.ended = !response.body;
  const location = response.headers.get("location");
  if (response.status >= 300 && response.status < 400 && location !== null) exchange.location = location;
}

/** True if this side aborted. */
export const isAbort = (failure: Error): boolean => failure.name === "AbortError";

/** True for an event stream with event ids, which the client resumes by itself. */
const isResumable = ({ body }: Exchange): boolean => /^id:/m.test(body);

/** The same body, recorded in part and cut off if it grows too large. */
function watched(body: ReadableStream<Uint8Array>, exchange: Exchange, onBroken: (exchange: Exchange) => void) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          exchange.ended = true;
          return controller.close();
        }
        exchange.bytes += value.length;
        if (exchange.body.length < KEPT) exchange.body += decoder.decode(value.subarray(0, KEPT), { stream: true });
        if (exchange.bytes <= LARGEST_BODY) return controller.enqueue(value);
        throw new TooLarge(`the response is larger than ${LARGEST_BODY / 1024 / 1024} MiB`);
      } catch (error) {
        exchange.failure = error as Error;
        controller.error(error);
        if (error instanceof TooLarge) await reader.cancel();
        if (error instanceof TooLarge || !(isAbort(exchange.failure) || isResumable(exchange))) onBroken(exchange);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
