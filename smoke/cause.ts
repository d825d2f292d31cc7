import { type Show, shownUrl } from "./secrets.ts";
import { type Exchange, Redirected, TooLarge } from "./wire.ts";

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
  const broke = exchange.failure && waitedMs === undefined ? `, then: ${messageOf(exchange.failure)}` : "";
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

type Seen = Trouble & { exchange: Exchange; code: string; where: string };
type Cause = [when: (seen: Seen) => boolean, say: (seen: Seen) => string];

const status =
  (...codes: number[]) =>
  ({ exchange }: Seen) =>
    exchange.status !== undefined && codes.includes(exchange.status);
const code =
  (pattern: RegExp) =>
  ({ code, exchange }: Seen) =>
    exchange.status === undefined && pattern.test(code);
const silent = ({ waitedMs }: Seen) => waitedMs !== undefined;
const credential = ({ headers }: Seen) =>
  headers.some((header) => /^(authorization|cookie|.*(key|token|auth).*):/.test(header));

// First match wins.
const causes: Cause[] = [
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
    ({ where }) => `the name ${where} cannot be resolved: misspelt, or not known to this machine's DNS`,
  ],
  [code(/CERT_HAS_EXPIRED/), ({ where }) => `the certificate of ${where} has expired`],
  [code(/ALTNAME/), ({ where }) => `the certificate is for another name than ${where}`],
  [
    code(/SELF_SIGNED|UNABLE_TO|CERT_/),
    ({ where }) =>
      `the TLS certificate of ${where} is not trusted here: for an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate`,
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
    (seen) => silent(seen) && seen.exchange.status === undefined,
    () => "the server hangs or is overloaded, or a firewall drops what is sent; --timeout waits longer",
  ],
  [(seen) => silent(seen) && seen.exchange.ended, () => "the server closed the stream without answering the request"],
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
    ({ exchange }) => !/json|event-stream/.test(exchange.contentType) && exchange.status === 200,
    () => "what answers here is not an MCP server: MCP answers JSON or an event stream",
  ],
  [() => true, ({ error }) => messageOf(error)],
];

function causeOf(trouble: Trouble): string {
  const { exchange, error } = trouble;
  if (!exchange) return messageOf(error);
  const seen: Seen = {
    ...trouble,
    exchange,
    code: codeOf(exchange.failure ?? error),
    where: new URL(exchange.url).host,
  };
  return causes.find(([when]) => when(seen))?.[1](seen) ?? "unknown";
}

/** The innermost code of an error: `fetch` wraps the socket's error, which may hold one error for each address tried. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner) || String((error as { code?: unknown }).code ?? "");
}

/** The innermost message of an error, with its code where the message does not have it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  if (inner instanceof Error) return messageOf(inner);
  const code = codeOf(error);
  return error.message.includes(code) ? error.message || error.name : `${error.message} (${code})`;
}
