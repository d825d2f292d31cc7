import type { Milliseconds } from "../ecosystem/units.ts";
import { type Show, shownUrl } from "./secrets.ts";
import { type Exchange, isAbort, Redirected, TooLarge } from "./wire.ts";

/** A problem that a test found, with the likely cause and the exchange that shows it, where the test knows them. */
export class Finding extends Error {
  override name = "Finding";
  readonly likely: string | undefined;
  readonly exchange: Exchange | undefined;
  constructor(
    found: string,
    known: { likely?: string | undefined; exchange?: Exchange | undefined; cause?: unknown } = {},
  ) {
    super(found, { cause: known.cause });
    this.likely = known.likely;
    this.exchange = known.exchange;
  }
}

/** A failed test: the error, the most telling exchange, and the run's headers with secrets masked. */
export type Trouble = {
  error: unknown;
  exchange: Exchange | undefined;
  /** How long the test waited, in milliseconds, if it timed out. */
  waitedMs: Milliseconds | undefined;
  headers: readonly string[];
};

/** One line about a failed test: the problem, the request, the response and the likely cause. */
export function explain(trouble: Trouble, show: Show): string {
  const { error, exchange, headers } = trouble;
  const finding = error instanceof Finding ? error : undefined;
  const likely = finding?.likely ?? (exchange || !finding ? causeOf(trouble) : undefined);
  const sent = exchange && `sent ${exchange.method} ${shownUrl(exchange.url)}${exchange.rpc ? ` ${exchange.rpc}` : ""}`;
  const parts = [
    finding?.message,
    sent && sent + (headers.length > 0 ? ` (${headers.join(", ")})` : ""),
    exchange && `got ${cameBack(trouble, exchange, show)}`,
    likely && `likely cause: ${likely}`,
  ];
  return show(parts.filter(Boolean).join("; "));
}

/** The most telling exchange: the last broken one, else the last incomplete one, else the last. */
export function telling(exchanges: readonly Exchange[]): Exchange | undefined {
  const asked = exchanges.filter((exchange) => !exchange.aside);
  const broken = ({ failure, status }: Exchange) => failure !== undefined || (status !== undefined && status >= 400);
  return asked.findLast(broken) ?? asked.findLast((exchange) => !exchange.ended) ?? asked.at(-1);
}

const SHOWN = 200;

function cameBack(trouble: Trouble, exchange: Exchange, show: Show): string {
  const { waitedMs } = trouble;
  if (exchange.status === undefined) {
    if (waitedMs !== undefined) return `nothing within ${waitedMs / 1000} s`;
    return messageOf(exchange.failure ?? trouble.error);
  }
  const type = exchange.contentType && ` ${exchange.contentType}`;
  if (exchange.location !== undefined) return `${exchange.status}, location: ${shownLocation(exchange)}`;
  const body = show(plainBody(exchange));
  const text = body === "" ? ", no body" : ` "${body.length > SHOWN ? `${body.slice(0, SHOWN)}...` : body}"`;
  const broke = exchange.failure && !isAbort(exchange.failure) ? `, then: ${messageOf(exchange.failure)}` : "";
  const waited = waitedMs === undefined ? "" : `, but no response to the request within ${waitedMs / 1000} s`;
  return `${exchange.status}${type}${text}${broke}${waited}`;
}

/** The body without event-stream framing. */
function plainBody({ contentType, body }: Exchange): string {
  if (!contentType.includes("event-stream")) return body;
  const data = body.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return data.length > 0 ? data.map((line) => line.slice(5)).join(" ") : body;
}

function shownLocation({ location = "", url }: Exchange): string {
  return URL.canParse(location, url) ? shownUrl(new URL(location, url)) : location;
}

type Observed = Trouble & { exchange: Exchange; code: string; where: string; name: string };
type SmokeCause = [when: (seen: Observed) => boolean, say: (seen: Observed) => string];

const status =
  (...codes: number[]) =>
  ({ exchange }: Observed) =>
    exchange.status !== undefined && codes.includes(exchange.status);
const code =
  (pattern: RegExp) =>
  ({ code, exchange }: Observed) =>
    exchange.status === undefined && pattern.test(code);
const silent = ({ waitedMs }: Observed) => waitedMs !== undefined;
const credential = ({ headers }: Observed) =>
  headers.some((header) => /^(authorization|cookie|.*(key|token|auth).*):/.test(header));

// First match wins.
const causes: SmokeCause[] = [
  [
    ({ error, exchange }) => [error, exchange.failure].some((one) => one instanceof TooLarge),
    () => "not an MCP response, or a tool that returns far too much; the rest was not read",
  ],
  [
    ({ exchange }) => exchange.failure instanceof Redirected,
    ({ exchange }) => `the server has moved, or requires a login: use ${shownLocation(exchange)} if that is the server`,
  ],
  [
    ({ exchange }) => messageOf(exchange.failure) === "bad port",
    ({ where }) => `web clients block the port of ${where} (fetch standard, bad ports): use another one`,
  ],
  [code(/ECONNREFUSED/), ({ where }) => `nothing listens at ${where}: is the server running, and is the port right?`],
  [code(/ENOTFOUND|EAI_/), ({ name }) => `cannot resolve ${name}: misspelled, or unknown to the DNS server used here`],
  [code(/CERT_HAS_EXPIRED/), ({ name }) => `the certificate of ${name} has expired`],
  [code(/ALTNAME/), ({ name }) => `the certificate is for another name than ${name}`],
  [
    code(/SELF_SIGNED|UNABLE_TO|CERT_/),
    ({ name }) =>
      `the TLS certificate of ${name} is not trusted here: for a private CA, set NODE_EXTRA_CA_CERTS to its certificate`,
  ],
  [code(/ERR_SSL|EPROTO|ERR_TLS/), ({ where }) => `${where} does not speak TLS: is it plain http://?`],
  [code(/TIMEOUT|ETIMEDOUT|UNREACH/), ({ where }) => `cannot reach ${where}: wrong address, or a firewall in between`],
  [code(/^HPE_/), ({ where }) => `${where} does not speak HTTP`],
  [
    code(/ECONNRESET|UND_ERR_SOCKET|EPIPE/),
    () => "the connection was closed before a response: the server crashed, or requires https://",
  ],
  [
    ({ exchange }) => exchange.failure !== undefined && exchange.status !== undefined && !isAbort(exchange.failure),
    () => "the connection broke in the middle of the response: the server crashed, or a proxy cut it",
  ],
  [
    (seen) => silent(seen) && seen.exchange.status === undefined,
    () => "the server hangs or is overloaded, or a firewall drops the packets; --timeout waits longer",
  ],
  [(seen) => silent(seen) && seen.exchange.ended, () => "the stream ended without a response to this request"],
  [silent, () => "the server keeps the stream open without responding, or is too slow; --timeout waits longer"],
  [
    status(401),
    (seen) =>
      credential(seen)
        ? "the server rejects the credential: wrong, expired, or for another server"
        : "the server requires a credential: --header 'Authorization: Bearer ...'",
  ],
  [status(403), () => "the credential lacks permission, or the server does not accept this host name"],
  [status(421), () => "the server does not accept this host name: allow it there, or use a name that it accepts"],
  [
    (seen) => status(404)(seen) && seen.exchange.inSession,
    () =>
      "the instance that answered does not know the session: it restarted, or replicas do not share sessions and the proxy is not sticky",
  ],
  [status(404, 405), () => "no MCP endpoint at this path: set --path"],
  [status(429), () => "rate limit reached: wait, or run from a client with its own limit"],
  [status(502, 503, 504), () => "a proxy answers without its server, or the server is not ready yet"],
  [({ exchange }) => (exchange.status ?? 0) >= 500, () => "internal server error: see the server's log"],
  [
    ({ exchange }) => /html/i.test(exchange.contentType) || /^\s*<(!doctype|html)/i.test(exchange.body),
    () => "a web page, not an MCP server: wrong address or path, or a login page in front",
  ],
  [
    ({ exchange }) => !/json|event-stream/.test(exchange.contentType) && exchange.rpc !== undefined,
    () => "not an MCP server: MCP responds with JSON or an event stream",
  ],
  [
    ({ exchange }) => exchange.rpc === "ping" && exchange.body.includes("-32601"),
    () => "the server does not support MCP's ping: set a health endpoint (--health)",
  ],
  [
    ({ error }) => innermost(error) instanceof SyntaxError,
    ({ error }) => `the response is not JSON: ${messageOf(error)}`,
  ],
  [() => true, ({ error }) => messageOf(error)],
];

function causeOf(trouble: Trouble): string {
  const { exchange, error } = trouble;
  if (!exchange) return messageOf(error);
  const { host: where, hostname: name } = new URL(exchange.url);
  const seen: Observed = { ...trouble, exchange, code: codeOf(exchange.failure ?? error), where, name };
  return causes.find(([when]) => when(seen))?.[1](seen) ?? "unknown";
}

/** The root cause: `fetch` wraps the socket's error, which may contain one error per address tried. */
function innermost(error: unknown): unknown {
  const inner = error instanceof AggregateError ? error.errors[0] : error instanceof Error ? error.cause : undefined;
  return inner instanceof Error ? innermost(inner) : error;
}

const codeOf = (error: unknown): string => String((innermost(error) as { code?: unknown } | undefined)?.code ?? "");

const LONGEST_MESSAGE = 300;

/** The root cause's message, with its code if the message lacks it. */
function messageOf(error: unknown): string {
  const inner = innermost(error);
  if (!(inner instanceof Error)) return String(inner);
  const message = inner.message.slice(0, LONGEST_MESSAGE) || inner.name;
  const code = codeOf(inner);
  return message.includes(code) ? message : `${message} (${code})`;
}
