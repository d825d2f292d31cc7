import { type Show, shownUrl } from "./secrets.ts";
import { type Exchange, isAbort, Redirected, TooLarge } from "./wire.ts";

/** Something a test found wrong. `likely` is the cause and `exchange` the proof, where the finder knows them better than the wire. */
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

/** A test that failed: what was thrown, the exchange that tells most about it, and the run's headers as they may be shown. */
export type Trouble = {
  error: unknown;
  exchange: Exchange | undefined;
  /** How long the test waited, in milliseconds, where time ran out. */
  waitedMs: number | undefined;
  headers: readonly string[];
};

/** One line about a failed test: what is wrong, what was sent, what came back and the likely cause. */
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

/** The exchange that tells most about a failure: the last broken one, else the last that did not end, else the last. */
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
  const waited = waitedMs === undefined ? "" : `, and within ${waitedMs / 1000} s no answer to the request`;
  return `${exchange.status}${type}${text}${broke}${waited}`;
}

/** The body without the framing of an event stream. */
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
    () => "this is no MCP answer, or a tool that returns far too much; the rest was not read",
  ],
  [
    ({ exchange }) => exchange.failure instanceof Redirected,
    ({ exchange }) =>
      `the server is elsewhere, or wants a login first: give ${shownLocation(exchange)} if that is the server`,
  ],
  [
    ({ exchange }) => messageOf(exchange.failure) === "bad port",
    ({ where }) => `no web client speaks to the port of ${where}, which the web's standard blocks: serve on another`,
  ],
  [code(/ECONNREFUSED/), ({ where }) => `nothing listens at ${where}: is the server started, and is the port right?`],
  [
    code(/ENOTFOUND|EAI_/),
    ({ name }) => `the name ${name} cannot be resolved: misspelt, or unknown to the DNS used here`,
  ],
  [code(/CERT_HAS_EXPIRED/), ({ name }) => `the certificate of ${name} has expired`],
  [code(/ALTNAME/), ({ name }) => `the certificate is for another name than ${name}`],
  [
    code(/SELF_SIGNED|UNABLE_TO|CERT_/),
    ({ name }) =>
      `the TLS certificate of ${name} is not trusted here: for an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate`,
  ],
  [code(/ERR_SSL|EPROTO|ERR_TLS/), ({ where }) => `${where} does not speak TLS as asked: is it plain http://?`],
  [
    code(/TIMEOUT|ETIMEDOUT|UNREACH/),
    ({ where }) => `${where} cannot be reached: wrong address, or a firewall in between`,
  ],
  [code(/^HPE_/), ({ where }) => `${where} does not speak HTTP`],
  [
    code(/ECONNRESET|UND_ERR_SOCKET|EPIPE/),
    () => "the connection was closed before an answer: the server crashed, or wants https://",
  ],
  [
    ({ exchange }) => exchange.failure !== undefined && exchange.status !== undefined && !isAbort(exchange.failure),
    () => "the connection broke in the middle of the answer: the server crashed, or a proxy cut it",
  ],
  [
    (seen) => silent(seen) && seen.exchange.status === undefined,
    () => "the server hangs or is overloaded, or a firewall drops what is sent; --timeout waits longer",
  ],
  [(seen) => silent(seen) && seen.exchange.ended, () => "the answer ended without answering this request"],
  [silent, () => "the server keeps the answer open without ever giving it, or is too slow; --timeout waits longer"],
  [
    status(401),
    (seen) =>
      credential(seen)
        ? "the credential that was sent is not accepted here: wrong, expired, or for another server"
        : "the server wants a credential: --header 'Authorization: Bearer ...'",
  ],
  [status(403), () => "the credential lacks the right, or the server does not accept this host name"],
  [status(421), () => "the server does not accept this host name: allow it there, or use the name it knows"],
  [
    (seen) => status(404)(seen) && seen.exchange.inSession,
    () =>
      "the session is unknown to the instance that answered: it restarted, or replicas share no sessions and the proxy is not sticky",
  ],
  [status(404, 405), () => "nothing speaks MCP at this path: --path names another one"],
  [status(429), () => "a rate limit is reached: wait, or smoke from a client that has its own limit"],
  [
    status(502, 503, 504),
    () => "what answers is up but cannot serve: a proxy without its server, or a server not ready yet",
  ],
  [({ exchange }) => (exchange.status ?? 0) >= 500, () => "the server failed inside: its log says why"],
  [
    ({ exchange }) => /html/i.test(exchange.contentType) || /^\s*<(!doctype|html)/i.test(exchange.body),
    () => "a web page answers here, not an MCP server: wrong address or path, or a login page in front",
  ],
  [
    ({ exchange }) => !/json|event-stream/.test(exchange.contentType) && exchange.rpc !== undefined,
    () => "what answers here is not an MCP server: MCP answers JSON or an event stream",
  ],
  [
    ({ exchange }) => exchange.rpc === "ping" && exchange.body.includes("-32601"),
    () => "the server does not know MCP's ping: name a health address (--health)",
  ],
  [
    ({ error }) => innermost(error) instanceof SyntaxError,
    ({ error }) => `the answer is not JSON: ${messageOf(error)}`,
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

/** The error at the bottom: `fetch` wraps the socket's error, which may hold one error for each address tried. */
function innermost(error: unknown): unknown {
  const inner = error instanceof AggregateError ? error.errors[0] : error instanceof Error ? error.cause : undefined;
  return inner instanceof Error ? innermost(inner) : error;
}

const codeOf = (error: unknown): string => String((innermost(error) as { code?: unknown } | undefined)?.code ?? "");

const LONGEST_MESSAGE = 300;

/** The message of the error at the bottom, with its code where the message does not have it. */
function messageOf(error: unknown): string {
  const inner = innermost(error);
  if (!(inner instanceof Error)) return String(inner);
  const message = inner.message.slice(0, LONGEST_MESSAGE) || inner.name;
  const code = codeOf(inner);
  return message.includes(code) ? message : `${message} (${code})`;
}
