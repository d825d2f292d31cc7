import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import type { Milliseconds } from "../../../ecosystem/units.ts";

/** The part of Envoy's admin interface that the promotion uses. */
export type Admin = {
  /** The response body of a GET. Throws an error that names the socket, the path and the cause; times out with the signal, or after a second. */
  get(path: string, signal?: AbortSignal): Promise<string>;
};

/** Timeout of one request, in milliseconds; on the same machine one takes a millisecond or two. */
const PATIENCE_MS: Milliseconds = 1000;

/** The admin interface on a unix socket. */
export function adminSocket(socketPath: string): Admin {
  return {
    async get(path, signal = AbortSignal.timeout(PATIENCE_MS)) {
      const { status, body } = await get(socketPath, path, signal).catch((error: Error) => {
        const cause = signal.aborted ? "timed out" : error.message;
        throw new Error(`Envoy's admin socket ${socketPath} did not answer ${path}: ${cause}. Is the edge running?`);
      });
      if (status !== 200)
        throw new Error(`Envoy's admin socket ${socketPath} answered ${path} with ${status}: ${body.trim()}`);
      return body;
    },
  };
}

/** True when a process listens on a unix socket: a running Envoy, even one that does not answer. */
export async function isListening(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    if (["ENOENT", "ECONNREFUSED"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

const get = (socketPath: string, path: string, signal: AbortSignal) =>
  new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    // One connection per request: a kept-alive one would fail once after every restart of Envoy.
    const question = request({ socketPath, path, agent: false, signal }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        body += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode, body }));
      answer.on("error", reject);
    });
    question.on("error", reject);
    question.end();
  });
