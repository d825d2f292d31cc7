import { type FetchLike, ProtocolError } from "@modelcontextprotocol/client";
import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import { reason } from "./reason.ts";
import { countFailure, countLostSession, countRequest, countSession, type Failure, type Tally } from "./tally.ts";
import type { WorkloadCall } from "./workload-call.ts";

/**
 * A service as users reach it: the edge's address; `preview` are the headers that lead a probe to the revision of a role.
 */
export type UsedService = {
  name: string;
  url: string;
  path: string;
  calls: WorkloadCall[];
  sessions: boolean;
  preview: Record<RevisionRole, Record<string, string>>;
};

/** A user's timeout for a response, in milliseconds. */
export const TIMEOUT_MS: Milliseconds = 30_000;

/** Observes the responses in one user's session and records them in the tally. */
export class View {
  /** What ended the session early: a failure, a 404 for the session from its server, or one from the edge. */
  broken: "failed" | "forgotten" | "ended" | null = null;
  #service: Pick<UsedService, "name">;
  #tally: Tally;
  #isOpen = false;
  /** The session and the revision that started it; undefined if the server has no sessions. */
  #session: { revision: string | null } | undefined;

  constructor(service: UsedService, tally: Tally) {
    this.#service = service;
    this.#tally = tally;
  }

  /** Marks the session as open. */
  opened(): void {
    this.#isOpen = true;
    countSession(this.#tally, this.#session?.revision ?? null);
  }

  /** The client's `fetch`: observes every response, and reads those to a POST to the last byte. */
  fetch: FetchLike = async (url, init = {}) => {
    if (init.method !== "POST") {
      const response = await fetch(url, init);
      this.#checkMove(response);
      return response;
    }
    const method = methodOf(init.body);
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signals = [timeout, ...(init.signal ? [init.signal] : [])];
    let response: Response | undefined;
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
      // Read to the end here, so that a cut stream counts as this request's failure.
      const body = await response.text();
      this.#answered(method, response);
      const { status, statusText, headers } = response;
      return new Response(body === "" ? null : body, { status, statusText, headers });
    } catch (error) {
      const what = timeout.aborted ? `no response within ${TIMEOUT_MS / 1000} s` : reason(error);
      const cause = timeout.aborted ? "other" : "connection";
      this.#failed(`${method}: ${response && !timeout.aborted ? `cut off (${what})` : what}`, cause, response);
      throw error;
    }
  };

  /** Records an error that the client threw, unless `fetch` has recorded it or it is a JSON-RPC error to a call. */
  sawError(doing: string, error: unknown): void {
    if (this.broken !== null) return;
    if (this.#isOpen && error instanceof ProtocolError) return;
    this.#fail(`${doing}: ${reason(error)}`, "other", undefined);
  }

  #answered(method: string, response: Response): void {
    if (response.status === 404 && this.#session) {
      this.#count(response);
      this.#break(answeredBy(response) === null ? "ended" : "forgotten");
    } else if (response.ok || (method === "server/discover" && response.status < 500)) {
      if (response.headers.has("mcp-session-id")) this.#session ??= { revision: answeredBy(response) };
      this.#count(response);
    } else {
      const byEdge = answeredBy(response) === null && response.status >= 500;
      this.#failed(`${method}: ${response.status}`, byEdge ? "edge" : "other", response);
    }
  }

  #failed(what: string, cause: Failure["cause"], response: Response | undefined): void {
    this.#count(response);
    this.#fail(what, cause, response);
  }

  #count(response: Response | undefined): void {
    countRequest(this.#tally, this.#revision(response));
    if (response) this.#checkMove(response);
  }

  #fail(what: string, cause: Failure["cause"], response: Response | undefined): void {
    countFailure(this.#tally, {
      at: Date.now(),
      service: this.#service.name,
      revision: this.#revision(response),
      injected: response?.headers.has("x-fault") ?? false,
      cause,
      what,
    });
    this.#break("failed");
  }

  #break(how: NonNullable<View["broken"]>): void {
    if (this.#isOpen && this.#session && this.broken === null) {
      if (how === "ended") this.#tally.endedSessions += 1;
      else countLostSession(this.#tally, this.#session.revision);
    }
    this.broken = how;
  }

  #checkMove(response: Response): void {
    const revision = answeredBy(response);
    if (this.#session && revision !== null && revision !== this.#session.revision) this.#tally.movedSessions += 1;
  }

  /** The revision that answered, else the session's. */
  #revision(response: Response | undefined): string | null {
    return answeredBy(response) ?? this.#session?.revision ?? null;
  }
}

const answeredBy = (response: Response | undefined) => response?.headers.get("x-answered-by") ?? null;

const methodOf = (body: unknown): string => (typeof body === "string" && JSON.parse(body).method) || "a response";
