import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import { openSession, type Session } from "./session.ts";
import type { UsedService } from "./view.ts";

/** Repeats a service's first safe call on one revision, regardless of the share. */
export type Prober = {
  /** Sets the calls per second from now on; 0 stops them. */
  rate(perSecond: number): void;
  /** Stops calling and closes the session. */
  stop(): Promise<void>;
};

/** A prober at rate 0. The edge counts failed probes; the next probe opens a new session. */
export function prober(service: UsedService, role: RevisionRole): Prober {
  const url = service.url.replace(/\/$/, "") + service.path;
  const [call] = service.calls;
  const headers = service.preview[role];
  let timer: NodeJS.Timeout | undefined;
  let session: Session | undefined;
  let inFlight = 0;

  const probe = async () => {
    // While a session is being opened, or the server hangs, more probes would only pile up.
    if (call === undefined || inFlight >= (session ? MOST_IN_FLIGHT : 1)) return;
    inFlight += 1;
    let mine = session;
    try {
      mine ??= session = await openSession({ url, sessions: service.sessions, headers, timeoutMs: TIMEOUT_MS });
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
/** Timeout of a probe, in milliseconds. */
const TIMEOUT_MS: Milliseconds = 10_000;
