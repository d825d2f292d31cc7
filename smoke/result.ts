/** The result of `tools/call`, as far as it is judged. */
export type ToolResult = { isError?: boolean | undefined; content?: unknown; structuredContent?: unknown };

/**
 * Why the result of a tool call is an error, or `undefined` if it is good.
 * An error may be declared (`isError`) or hidden in the body: JSON with an error, a failed status or `success: false`, or
 * text that reads like an error report. An empty result is good.
 */
export function errorIn(result: ToolResult): string | undefined {
  if (result.isError) return "the result has isError";
  const texts = Array.isArray(result.content) ? result.content.flatMap(textOf) : [];
  return firstOf([result.structuredContent, ...texts], (value) => errorInValue(value, 0));
}

function textOf(block: unknown): string[] {
  if (!isRecord(block)) return [];
  if (typeof block.text === "string") return [block.text];
  const resource = block.resource;
  return isRecord(resource) && typeof resource.text === "string" ? [resource.text] : [];
}

// Servers wrap results in a few layers, and JSON in strings in JSON; no genuine result is nested deeper.
const DEPTH = 6;
const wrappers = ["result", "data", "response", "output", "body", "payload", "content"];
const flags = ["success", "ok", "succeeded"];
const states = ["status", "state", "outcome", "result", "type"];
const messages = ["message", "detail", "msg", "reason"];
const failed = /^(error|errored|fail|failed|failure|fatal|exception|crashed|aborted)$/i;

function errorInValue(value: unknown, depth: number): string | undefined {
  if (depth > DEPTH) return undefined;
  if (typeof value === "string") {
    const parsed = parsedJson(value);
    return parsed === undefined ? errorInText(value) : errorInValue(parsed, depth + 1);
  }
  if (Array.isArray(value)) return value.length === 1 ? errorInValue(value[0], depth + 1) : undefined;
  if (!isRecord(value)) return undefined;
  return errorInRecord(value) ?? firstOf(wrappers, (key) => errorInValue(value[key], depth + 1));
}

function errorInRecord(record: Record<string, unknown>): string | undefined {
  if (record.isError === true || record.is_error === true) return "the body has isError";
  const flag = flags.find((key) => record[key] === false || /^(false|no)$/i.test(String(record[key])));
  if (flag) return `the body says ${flag}: false`;
  const state = states.find((key) => typeof record[key] === "string" && failed.test(record[key].trim()));
  if (state) return `the body says ${state}: ${record[state]}`;
  const full = ["error", "errors", "exception", "traceback"].find((key) => !isNothing(record[key]));
  if (full) return `the body has ${/^[aeiou]/.test(full) ? "an" : "a"} ${full}: ${brief(record[full])}`;
  const code = ["status", "statusCode", "status_code", "code"].find((key) => isErrorCode(record, key));
  if (code) return `the body says ${code}: ${record[code]}`;
  return firstOf(messages, (key) => (typeof record[key] === "string" ? errorInText(record[key]) : undefined));
}

/** An HTTP status of 400 or more, or a JSON-RPC code; a bare `code` counts only next to a message, because many things have codes. */
function isErrorCode(record: Record<string, unknown>, key: string): boolean {
  const value = record[key];
  if (typeof value !== "number") return false;
  if (key === "code") return typeof record.message === "string" && (value <= -32000 || (value >= 400 && value < 600));
  return value >= 400 && value < 600;
}

// "Error: 0" and "Failed: none" are fine, and "errors: 3" may be a count in a report.
const end = String.raw`\s*(?:$|[,;.)\n])`;
const something = String.raw`(?!\s*(?:0|none|null|nil|no|false|\[\]|\{\})${end})`;
const notCounted = String.raw`(?!\s*\d+${end})`;
const patterns = [
  /Traceback \(most recent call last\)/i,
  new RegExp(
    String.raw`^\W*(?!no |zero |without )(?:\w+ ){0,3}(?:error|exception|fatal)\b(?: (?:message|code|details?))?\s*[:!]${something}`,
    "i",
  ),
  new RegExp(
    String.raw`^\W*(?!no |zero |without )(?:\w+ ){0,3}(?:errors|failures?|failed)\s*[:!]${something}${notCounted}`,
    "i",
  ),
  /^\W*(?:an |the |unexpected |internal |unknown |unhandled ){0,3}(?:error|exception)\b(?:$|\s*[([-]|\s+(?:occurred|while|in|when|during|at|calling|executing|processing|reading|from|connecting)\b)/i,
  /^\W*failed to \w+|^\W*(?:unable to|not able to|could not|couldn't|cannot|can't) \w+/i,
  /^\W*(?:the )?(?:internal server error|bad gateway|service unavailable|gateway time-?out|unauthorized|forbidden|access denied|permission denied|not found|not implemented|timed out|connection refused)\b/i,
  /^\W*(?:unknown tool|no such tool|tool\b.{0,100}\b(?:not found|does not exist|is unknown))/i,
  /^[ \t]*[A-Za-z_][\w.]*(?:Error|Exception)[ \t]*(?:[:(]|$)/m,
  new RegExp(String.raw`^[ \t]*(?:fatal |internal )?error[ \t]*:${something}`, "im"),
  /^[ \t]*(?:status|state|outcome)[ \t]*[:=][ \t]*["']?(?:error|failed|failure|fatal)\b/im,
  /^[ \t]*success[ \t]*[:=][ \t]*["']?(?:false|no)\b/im,
  /^(?:error|failed|failure|fatal|exception)\W*$/i,
  /^\s*❌/u,
];

function errorInText(text: string): string | undefined {
  const shown = text.trim();
  return patterns.some((pattern) => pattern.test(shown)) ? `the text reads as an error: ${brief(shown)}` : undefined;
}

function parsedJson(text: string): unknown {
  if (!/^\s*["[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  (typeof value === "string" && /^\s*(none|null|no|false|0)?\s*$/i.test(value)) ||
  (typeof value === "object" && Object.keys(value).length === 0);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function brief(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function firstOf<In, Out>(items: readonly In[], find: (item: In) => Out | undefined): Out | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
