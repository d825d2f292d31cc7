import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../promotion/random.ts";
import type { Behaviour } from "./faults.ts";

/**
 * A proxy in front of one server that injects faults. `x-answered-by` names the revision that answered, and `x-fault`
 * marks injected failures, so users know the ground truth independently of the edge.
 */
export type FaultProxy = {
  /** Its port on 127.0.0.1. */
  port: number;
  /** Changes its behaviour. Resolves when it applies to every new request; a crashed proxy stays crashed. */
  behave(behaviour: Behaviour): Promise<void>;
  /** Stops listening and cuts every connection, as a dead server would. */
  close(): Promise<void>;
};

/** Starts a healthy proxy on a free port. Faults affect only requests to `path`, the MCP endpoint. */
export async function startProxy(to: {
  port: number;
  path: string;
  revision: string;
  random: Random;
}): Promise<FaultProxy> {
  let behaviour: Behaviour = { kind: "healthy" };
  // Idle connections are closed before the server would close them, so that none breaks under a request.
  const agent = new Agent({ keepAlive: true, timeout: 1000 });
  const exchange = { ...to, agent };
  const server = createServer((incoming, outgoing) => {
    const [path] = (incoming.url ?? "").split("?");
    const isMcp = path === to.path || path === `${to.path}/`;
    answer(exchange, isMcp ? behaviour : { kind: "healthy" }, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 0; // for the same reason, only the edge closes its connections
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      agent.destroy();
    });

  return {
    port: (server.address() as AddressInfo).port,
    async behave(next) {
      behaviour = next;
      if (next.kind === "crash") await close();
    },
    close,
  };
}

type ProxiedExchange = { port: number; revision: string; random: Random; agent: Agent };

async function answer(
  to: ProxiedExchange,
  behaviour: Behaviour,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const isPost = incoming.method === "POST";
  const drawn = "percent" in behaviour && isPost && to.random() * 100 < behaviour.percent;
  switch (behaviour.kind) {
    case "dead":
      return refuse(to, outgoing);
    case "errors":
      return drawn ? refuse(to, outgoing) : forward(to, incoming, outgoing, passOn);
    case "slow":
      if (isPost) await pause(behaviour.ms);
      return forward(to, incoming, outgoing, passOn);
    case "tool-errors":
      return forward(to, incoming, outgoing, drawn ? passOnAsToolError : passOn);
    case "cut-streams":
      return forward(to, incoming, outgoing, drawn ? cutOff : passOn);
    default:
      return forward(to, incoming, outgoing, passOn);
  }
}

function refuse({ revision }: ProxiedExchange, outgoing: ServerResponse): void {
  outgoing.writeHead(503, { ...injected(revision), "content-type": "text/plain" });
  outgoing.end("this failure was injected by the rehearsal\n");
}

/** Passes the server's response on to the client. */
type Pass = (revision: string, answer: IncomingMessage, outgoing: ServerResponse) => void;

function forward(to: ProxiedExchange, incoming: IncomingMessage, outgoing: ServerResponse, pass: Pass): void {
  if (outgoing.destroyed) return;
  const upstream = request(
    {
      host: "127.0.0.1",
      port: to.port,
      agent: to.agent,
      method: incoming.method,
      path: incoming.url,
      headers: {
        ...endToEnd(incoming.headers),
        ...(pass === passOnAsToolError && { "accept-encoding": "identity" }),
      },
    },
    (answer) => {
      answer.on("error", () => outgoing.destroy());
      pass(to.revision, answer, outgoing);
    },
  );
  // If the server drops the connection, so does the proxy, as the edge would see without it.
  upstream.on("error", () => outgoing.destroy());
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) upstream.destroy();
  });
  incoming.pipe(upstream);
}

const passOn: Pass = (revision, answer, outgoing) => {
  outgoing.writeHead(answer.statusCode ?? 502, { ...endToEnd(answer.headers), "x-answered-by": revision });
  if (isStream(answer)) outgoing.flushHeaders(); // the first event may take a while
  answer.pipe(outgoing);
};

/** Sends headers and one byte, then drops the connection. A response without a body cannot be cut. */
const cutOff: Pass = (revision, answer, outgoing) => {
  if (answer.statusCode !== 200) return passOn(revision, answer, outgoing);
  outgoing.writeHead(200, { ...endToEnd(answer.headers), ...injected(revision) });
  answer.once("data", (chunk: Buffer) => {
    outgoing.write(chunk.subarray(0, 1));
    outgoing.socket?.destroySoon();
  });
  answer.once("end", () => outgoing.destroy());
};

/** Passes the response on in its original framing, with the tool result turned into a tool error. */
const passOnAsToolError: Pass = async (revision, answer, outgoing) => {
  if (answer.statusCode !== 200) return passOn(revision, answer, outgoing);
  const body = await text(answer).catch(() => null);
  if (body === null) return void outgoing.destroy();
  const spoilt = isStream(answer)
    ? body.replaceAll(/^data: ?(.+)$/gm, (_, data) => `data: ${spoil(data)}`)
    : spoil(body);
  const { "content-length": _, ...headers } = endToEnd(answer.headers);
  outgoing.writeHead(200, {
    ...headers,
    ...(spoilt === body ? { "x-answered-by": revision } : injected(revision)),
  });
  outgoing.end(spoilt);
};

/** Turns a tool result in a JSON-RPC message into a tool error; leaves other messages unchanged. */
function spoil(json: string): string {
  let message: { result?: { content?: unknown } } | null;
  try {
    message = JSON.parse(json);
  } catch {
    return json;
  }
  if (!Array.isArray(message?.result?.content)) return json;
  const content = [{ type: "text", text: "this tool error was injected by the rehearsal" }];
  return JSON.stringify({ ...message, result: { ...message.result, content, isError: true } });
}

const injected = (revision: string) => ({ "x-answered-by": revision, "x-fault": "1" });

const isStream = ({ headers }: IncomingMessage) => headers["content-type"]?.startsWith("text/event-stream") === true;

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/** The headers without hop-by-hop ones. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
