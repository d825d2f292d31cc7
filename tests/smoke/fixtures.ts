import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { SmokeReport } from "../../smoke/smoke.ts";

/** The verdicts of the eight tests as one word: p, f or s for each id. */
export const verdicts = (report: SmokeReport): string => report.tests.map(({ verdict }) => verdict[0]).join("");

/** The detail of one test. */
export const detail = (report: SmokeReport, id: number): string => report.tests[id - 1]?.detail ?? "";

/** Serves on a free port of 127.0.0.1 until the test ends. */
export async function serving(server: Server | RequestListener): Promise<string> {
  const listening = typeof server === "function" ? createServer(server) : server;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  const scheme = "addContext" in listening ? "https" : "http";
  return `${scheme}://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

/** A plain reverse proxy; `before` may answer in its place by returning true. */
export function proxy(
  upstream: string,
  before: (...args: Parameters<RequestListener>) => boolean = () => false,
): RequestListener {
  return (incoming, outgoing) => {
    if (before(incoming, outgoing)) return;
    const { method, headers, url = "/" } = incoming;
    const forwarded = request(new URL(url, upstream), { method: method ?? "GET", headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  };
}

/**
 * Starts a process and waits until its output matches `ready`, which it returns. `stop` ends it and waits until it is gone.
 * @throws Error with the output where the process ends first or is not ready in 30 s.
 */
export async function started(
  [command, ...args]: [string, ...string[]],
  env: Record<string, string>,
  ready: RegExp,
): Promise<{ match: RegExpExecArray; stop: () => Promise<void> }> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = () => {
    child.kill("SIGKILL");
    return gone;
  };
  try {
    return { match: await matching(child, ready), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function matching(child: ChildProcess, ready: RegExp): Promise<RegExpExecArray> {
  let output = "";
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${child.spawnargs.join(" ")} ${why}:\n${output}`));
    const timer = setTimeout(() => fail("was not ready in 30 s"), 30_000);
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => fail(`ended with ${code}`));
    const hear = (chunk: Buffer) => {
      output += chunk;
      const match = ready.exec(output);
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
  });
}
