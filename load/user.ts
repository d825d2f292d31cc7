import { setTimeout as pause } from "node:timers/promises";
import type { Milliseconds } from "../ecosystem/units.ts";
import type { Random } from "../promotion/random.ts";
import { exponential, pick } from "./load.ts";
import { openSession, type Session } from "./session.ts";
import type { Tally } from "./tally.ts";
import { TIMEOUT_MS, type UsedService, View } from "./view.ts";

/**
 * Runs one session: for `lifeMs` it makes the service's safe calls in random order at random times (`callsPerSecond` on
 * average; after a slow response it catches up). Every request goes into the tally. Returns `lived` if the session reached
 * its end, `broken` if a failure or a 404 ended it or it could not be opened. Never throws. Aborting `stop` ends it after
 * the current request.
 */
export async function liveSession({
  service,
  tally,
  random,
  lifeMs,
  callsPerSecond,
  stream,
  address,
  stop,
}: {
  service: UsedService;
  tally: Tally;
  random: Random;
  lifeMs: Milliseconds;
  callsPerSecond: number;
  stream: boolean;
  /** The address that the proxy before the edge would say this user has. */
  address: string;
  stop: AbortSignal;
}): Promise<"lived" | "broken"> {
  const view = new View(service, tally);
  const url = service.url.replace(/\/$/, "") + service.path;
  let session: Session;
  try {
    session = await openSession({
      url,
      sessions: service.sessions,
      stream,
      headers: { "x-forwarded-for": address },
      timeoutMs: TIMEOUT_MS + 1000,
      fetch: view.fetch,
    });
  } catch (error) {
    view.sawError("opening a session", error);
    return "broken";
  }
  view.opened();

  const end = performance.now() + lifeMs;
  for (let next = performance.now(); view.broken === null; ) {
    next += exponential(random, 1000 / callsPerSecond);
    await pause(Math.max(0, Math.min(next, end) - performance.now()), undefined, { signal: stop }).catch(() => {});
    if (performance.now() >= end || stop.aborted) break;
    const call = pick(random, service.calls);
    await session.call(call).catch((error) => view.sawError(call.tool, error));
  }
  if (view.broken === "forgotten" || view.broken === "ended") await session.drop();
  else await session.close();
  return view.broken === null ? "lived" : "broken";
}
