import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

/** What came back: status 0 when the connection broke before or in the answer. */
export type Answer = {
  status: number;
  by: string | undefined;
  session: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
};

type Headers = Record<string, string | string[]>;

/** A plain client that keeps its connections, at most 32 of them. `from` is its own address, 127.0.0.1 when it has none. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #port: number;
  readonly #from: string;

  constructor(port: number, from = "127.0.0.1") {
    this.#port = port;
    this.#from = from;
  }

  /** One POST, in a session when one is given. */
  call(session?: string, headers: Headers = {}, body = "{}"): Promise<Answer> {
    return this.#answer("POST", "/mcp", body, {
      ...(session !== undefined && { "mcp-session-id": session }),
      ...headers,
    });
  }

  /** One GET of any path. */
  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.#answer("GET", path, "", headers);
  }

  async #answer(method: string, path: string, body: string, headers: Headers): Promise<Answer> {
    try {
      const answer = await this.#send(method, path, body, headers);
      let text = "";
      for await (const part of answer.setEncoding("utf8")) text += part;
      return {
        status: answer.statusCode ?? 0,
        by: answer.headers["x-answered-by"] as string | undefined,
        session: answer.headers["mcp-session-id"] as string | undefined,
        headers: answer.headers,
        body: text,
      };
    } catch {
      return { status: 0, by: undefined, session: undefined, headers: {}, body: "" };
    }
  }

  /** Opens a session and says who has it. */
  async open(headers: Record<string, string> = {}): Promise<{ id: string; by: string }> {
    const { status, session, by } = await this.call(undefined, headers);
    if (session === undefined || by === undefined) throw new Error(`no session: ${status}`);
    return { id: session, by };
  }

  /** Opens an event stream of a session, as GET, that stays open. */
  async stream(session: string): Promise<{ isOpen: () => boolean; close(): void }> {
    const answer = await this.#send("GET", "/mcp", "", { "mcp-session-id": session });
    let open = true;
    answer.on("close", () => {
      open = false;
    });
    answer.on("error", () => {});
    answer.resume();
    return { isOpen: () => open, close: () => answer.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string, headers: Headers): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port: this.#port, localAddress: this.#from, path, method, agent: this.#agent, headers },
        resolve,
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }
}

/** As many session-less calls as asked, over 32 connections and as fast as they come; how many each revision answered with 200. */
export async function hammer(port: number, calls: number): Promise<Record<string, number>> {
  const answered: Record<string, number> = {};
  let left = calls;
  const call = "POST /mcp HTTP/1.1\r\nhost: edge\r\ncontent-length: 2\r\n\r\n{}";
  const connection = async () => {
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    let answer = "";
    socket.on("data", (part: string) => {
      answer += part;
      if (!answer.endsWith("\r\n0\r\n\r\n")) return; // the end of a body in chunks
      const by = (answer.startsWith("HTTP/1.1 200 ") && /x-answered-by: (\S+)/.exec(answer)?.[1]) || "nobody";
      answered[by] = (answered[by] ?? 0) + 1;
      answer = "";
      next();
    });
    const next = () => (left-- > 0 ? socket.write(call) : socket.end());
    next();
    await once(socket, "close");
  };
  await Promise.all(Array.from({ length: 32 }, connection));
  return answered;
}
