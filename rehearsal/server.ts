import { setTimeout as pause } from "node:timers/promises";
import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import { reason } from "../load/reason.ts";
import { openSession } from "../load/session.ts";
import { type Child, type Death, describeDeath, quote, startChild } from "./child.ts";
import { freePort } from "./port.ts";
import { type RehearsedService, withPort } from "./workload.ts";

/** A ready MCP server and its port on 127.0.0.1. */
export type Server = { child: Child; port: number };

/**
 * Starts one side of a service on a free port and waits until it is ready: its health path returns 2xx or, without one,
 * an MCP client can open a session. If it cannot be started, exits, or is not ready in time, stops it and throws with
 * the last lines of its output. `onStart` gets the process before it is ready.
 */
export async function startServer(
  service: RehearsedService,
  role: RevisionRole,
  { folder, logs, onStart }: { folder: string; logs: string; onStart: (child: Child) => void },
): Promise<Server> {
  const port = await freePort();
  const what = `${service.name} ${role} (version ${service[role].version})`;
  const log = `${logs}/${service.name}-${role}.log`;
  const child = await startChild({ what, ...withPort(service[role], port), folder, log });
  onStart(child);

  const until = performance.now() + service.ready * 1000;
  let died: Death | undefined;
  child.died.then((death) => {
    died = death;
  });
  for (;;) {
    const left = Math.ceil(until - performance.now());
    const problem = await tryOut(service, port, Math.min(LONGEST_TRY_MS, Math.max(SHORTEST_TRY_MS, left)));
    if (died) throw new Error(describeDeath(died));
    if (problem === null) return { child, port };
    if (performance.now() + PAUSE_MS >= until) {
      await child.kill();
      throw new Error(`${what} was not ready within ${service.ready} s: ${problem}. ${quote(child.output())}`);
    }
    await pause(PAUSE_MS);
  }
}

const LONGEST_TRY_MS: Milliseconds = 5000;
/** The last try needs time, too, to find the cause. */
const SHORTEST_TRY_MS: Milliseconds = 1000;
const PAUSE_MS: Milliseconds = 100;

/** Why the server is not ready; null if it is. */
async function tryOut(
  { health, path, sessions }: RehearsedService,
  port: number,
  timeoutMs: Milliseconds,
): Promise<string | null> {
  const url = `http://127.0.0.1:${port}${health ?? path}`;
  try {
    if (health === undefined) {
      const session = await openSession({ url, sessions, timeoutMs });
      await session.close();
      return null;
    }
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    return ok ? null : `${url} returned ${status}`;
  } catch (error) {
    return `${url} did not ${health === undefined ? "open an MCP session" : "respond"} (${reason(error)})`;
  }
}
