import type { RevisionRole } from "../ecosystem/revision-role.ts";
import { openSession, type Session } from "./session.ts";
import type { UsedService } from "./view.ts";

/** Calls the first safe call of one service on one revision again and again, whatever the share is. */
export type Prober = {
  /** Sets how many calls a second are made from now on; 0 makes none. */
  rate(perSecond: number): void;
  /** Makes no more calls, and closes the session. */
  stop(): Promise<void>;
};

/** A prober at rest. A probe that fails says so to nobody but the edge, which counts it; the next one opens a new session. */
export function prober(service: UsedService, role: RevisionRole): Prober {
  const url = service.url.replace(/\/$/, "") + service.path;
  const [call] = service.calls;
  const headers = { "x-revision": role };
  let timer: NodeJS.Timeout | undefined;
  let session: Session | undefined;
  let inFlight = 0;

  const probe = async () => {
    // While a session is being opened, or the server hangs, further probes would only pile up.
    if (call === undefined || inFlight >= (session ? MOST_IN_FLIGHT : 1)) return;
    inFlight += 1;
    let mine = session;
    try {
      mine ??= session = await openSession({ url, sessions: service.sessions, headers, timeoutMs: PATIENCE_MS });
      await mine.call(call);
    } catch {
      if (session === mine) session = undefined;
      await mine?.close();
    } finally {
      inFlight -= 1;
    }
  };

  return {
    rate(perSecond) {
      clearInterval(timer);
      if (perSecond > 0) timer = setInterval(probe, 1000 / perSecond);
    },
    async stop() {
      clearInterval(timer);
      await session?.close();
    },
  };
}

const MOST_IN_FLIGHT = 4;
/** How long a probe waits for an answer. */
const PATIENCE_MS = 10_000;
