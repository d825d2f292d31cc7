import { SLOW_MS } from "../ecosystem/latency.ts";
import { ROUTES } from "./routes.ts";

/**
 * The outcome of a request. Only a server's answer, or a failed attempt to reach the server, counts;
 * what the edge answers itself, and what the client did, is neutral.
 */
export type Outcome = "good" | "slow" | "failed" | "refused" | "neutral";

/** The facts of one finished POST, as the counters have them; every value is one of a few. */
export type Facts = Record<Fact, string>;

/**
 * `by`: whose answer it was, the server's or the edge's. `code`: as `COUNTED_CODES`. `flags`: Envoy's response flags.
 * `answer`: what the reader made of it. `slow`: whether the server took `SLOW_MS` or more.
 */
export const FACTS = ["route", "by", "code", "flags", "answer", "slow"] as const;
type Fact = (typeof FACTS)[number];

/** One line of the table: each fact is a regular expression for the whole value. `$1` in the words is its first group. */
export type OutcomeRule = { when: Partial<Facts>; outcome: Outcome; kind: string };

/** The codes that are counted one by one; others are counted by their class, as `4xx`, so that no server can make up counters. */
export const COUNTED_CODES = [
  200, 202, 204, 400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 421, 422, 429, 500, 501, 502, 503, 504,
] as const;

/** Envoy's response flags for what went wrong on the server's side, even under a good status. */
const FAILURES = {
  UF: "connection failed",
  UC: "connection lost",
  UR: "connection reset",
  UPE: "answer cut short",
  UH: "no instance available",
  UT: "timed out",
} as const;

/** The flags that a failed request can have; `SI` (silence) only fails it while it waits for the server. */
export const FAILURE_FLAGS = [...Object.keys(FAILURES), "SI"];

const carries = (flags: string) => `(?:.+,)?(?:${flags})(?:,.+)?`;
const UNANSWERED = "-?";
/** The client left before its answer was whole, over HTTP/1 or 2. */
const LEFT = carries("DC|DR");
const SESSION = `${ROUTES.session}|${ROUTES.probeSession}`;

/** The table: the first line that fits decides. */
export const RULES: readonly OutcomeRule[] = [
  ...Object.entries(FAILURES).map(
    ([flag, kind]): OutcomeRule => ({ when: { flags: carries(flag) }, outcome: "failed", kind }),
  ),
  { when: { flags: carries("SI"), answer: UNANSWERED, slow: "true" }, outcome: "failed", kind: "timed out" },
  // a client that leaves early proves nothing; one that waited past the latency bound counts as slow, or a hanging server would go unnoticed
  { when: { flags: LEFT, answer: UNANSWERED, slow: "true" }, outcome: "slow", kind: "client gave up waiting" },
  { when: { flags: LEFT, answer: UNANSWERED }, outcome: "neutral", kind: "client left" },
  { when: { by: "edge|-?" }, outcome: "neutral", kind: "answered by the edge" },
  { when: { code: "(5..)" }, outcome: "failed", kind: "$1 from the server" },
  { when: { code: "404", route: SESSION }, outcome: "refused", kind: "forgotten session" },
  // a redirect answers no call, and not every client follows one
  { when: { code: "([34]..)" }, outcome: "refused", kind: "$1 from the server" },
  { when: { answer: "rpc_error" }, outcome: "refused", kind: "JSON-RPC error" },
  { when: { answer: "none" }, outcome: "failed", kind: "no answer" },
  { when: { slow: "true" }, outcome: "slow", kind: `slower than ${SLOW_MS / 1000} s` },
  { when: {}, outcome: "good", kind: "good" },
];

/** Who sends the requests of a route; the routes that are not here say nothing about a revision. */
export const CALLERS: Record<string, "user" | "probe" | undefined> = {
  [ROUTES.new]: "user",
  [ROUTES.session]: "user",
  [ROUTES.probe]: "probe",
  [ROUTES.probeSession]: "probe",
};

/** A remark about an answer that was neither failed nor refused. */
export type Remark = "tool error" | "unread";

/** What one request came to, in one word and in a few. `remark` is about an answer that was served, good or slow. */
export function judge(facts: Partial<Record<Fact, string | undefined>>): {
  outcome: Outcome;
  kind: string;
  remark?: Remark;
} {
  for (const { when, outcome, kind } of matchers) {
    const matches = when.map(([fact, pattern]) => pattern.exec(facts[fact] ?? ""));
    if (!matches.every((match) => match !== null)) continue;
    const words = kind.replace("$1", matches.find((match) => match?.[1])?.[1] ?? "");
    const remark = REMARKS[facts.answer ?? ""];
    return { outcome, kind: words, ...(remark && SERVED.includes(outcome) && { remark }) };
  }
  throw new Error("the table of outcomes has no last line");
}

/** The outcome or remark that a kind describes; undefined for a kind that is not in the table. */
export const meaningOf = (kind: string): Outcome | Remark | undefined =>
  Object.values(REMARKS).find((remark) => remark === kind) ?? kinds.find(({ pattern }) => pattern.test(kind))?.outcome;

const REMARKS: Record<string, Remark | undefined> = { tool_error: "tool error", unread: "unread" };
const SERVED: readonly Outcome[] = ["good", "slow"];

const matchers = RULES.map(({ when, ...rest }) => ({
  ...rest,
  when: (Object.entries(when) as [Fact, string][]).map(([fact, text]) => [fact, new RegExp(`^(?:${text})$`)] as const),
}));

const kinds = RULES.map(({ when, outcome, kind }) => ({
  outcome,
  pattern: new RegExp(`^${kind.replace("$1", when.code ?? "")}$`),
}));
