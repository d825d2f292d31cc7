import { type FetchLike, ProtocolError } from "@modelcontextprotocol/client";
import type { WorkloadCall } from "../rehearsal/workload.ts";
import { reason } from "./reason.ts";
import { countFailure, countRequest, type Tally } from "./tally.ts";

/** A service as users see it: the edge's address, and the id of the stable revision (see `endedByDrain`). */
export type UsedService = {
  name: string;
  url: string;
  path: string;
  calls: WorkloadCall[];
  sessions: boolean;
  stable: string;
};

/** How long a user waits for an answer. */
export const PATIENCE_MS = 30_000;

/** What one user sees of the answers to the requests of one session, taken down in the tally. */
export class View {
  /** What ended the session before its time: a failure, or a 404 that said it is gone. */
  broken: "failed" | "gone" | null = null;
  #service: UsedService;
  #tally: Tally;
  #isOpen = false;
  /** The session that a server has begun, and the revision that did; none where the server keeps no sessions. */
  #session: { revision: string | null } | undefined;

  constructor(service: UsedService, tally: Tally) {
    this.#service = service;
    this.#tally = tally;
  }

  /** From here on the session is open. */
  opened(): void {
    this.#isOpen = true;
    this.#tally.sessions += 1;
  }

  /** The `fetch` of the session's client: watches every answer, and every answer to a POST to its last byte. */
  fetch: FetchLike = async (url, init = {}) => {
    if (init.method !== "POST") {
      const response = await fetch(url, init);
      this.#checkMove(response);
      return response;
    }
    const method = methodOf(init.body);
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signals = [patience, ...(init.signal ? [init.signal] : [])];
    let response: Response | undefined;
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
      // Read to the end here: a stream that is cut is this request's failure, and nothing for the client to mend.
      const body = await response.text();
      this.#answered(method, response);
      const { status, statusText, headers } = response;
      return new Response(body === "" ? null : body, { status, statusText, headers });
    } catch (error) {
      const what = patience.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : reason(error);
      this.#failed(`${method}: ${response && !patience.aborted ? `cut off (${what})` : what}`, response);
      throw error;
    }
  };

  /** An error that the client threw. What `fetch` has taken down, and a JSON-RPC error to a call, is no failure of its own. */
  sawError(doing: string, error: unknown): void {
    if (this.broken !== null) return;
    if (this.#isOpen && error instanceof ProtocolError) return;
    this.#fail(`${doing}: ${reason(error)}`, undefined);
  }

  #answered(method: string, response: Response): void {
    if (response.status === 404 && this.#session) {
      this.#count(response);
      this.#break("gone");
    } else if (response.ok || (method === "server/discover" && response.status < 500)) {
      if (response.headers.has("mcp-session-id")) this.#session ??= { revision: answeredBy(response) };
      this.#count(response);
    } else {
      this.#failed(`${method}: ${response.status}`, response);
    }
  }

  #failed(what: string, response: Response | undefined): void {
    this.#count(response);
    this.#fail(what, response);
  }

  #count(response: Response | undefined): void {
    countRequest(this.#tally, this.#revision(response));
    if (response) this.#checkMove(response);
  }

  #fail(what: string, response: Response | undefined): void {
    countFailure(this.#tally, {
      at: Date.now(),
      service: this.#service.name,
      revision: this.#revision(response),
      injected: response?.headers.has("x-fault") ?? false,
      what,
    });
    this.#break("failed");
  }

  #break(how: "failed" | "gone"): void {
    if (this.#isOpen && this.#session && this.broken === null) {
      if (how === "gone" && this.#session.revision === this.#service.stable) this.#tally.endedByDrain += 1;
      else this.#tally.lostSessions += 1;
    }
    this.broken = how;
  }

  #checkMove(response: Response): void {
    const revision = answeredBy(response);
    if (this.#session && revision !== null && revision !== this.#session.revision) this.#tally.movedSessions += 1;
  }

  /** The revision that answered; where none did, the session's. */
  #revision(response: Response | undefined): string | null {
    return answeredBy(response) ?? this.#session?.revision ?? null;
  }
}

const answeredBy = (response: Response | undefined) => response?.headers.get("x-answered-by") ?? null;

const methodOf = (body: unknown): string => (typeof body === "string" && JSON.parse(body).method) || "an answer";
