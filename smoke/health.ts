/** A health endpoint's response: the status, the content type and the first part of the body. */
export type HealthAnswer = { status: number; contentType: string; body: string };

/**
 * Why a health response is not healthy, or `undefined` if it is.
 * Healthy is a 200 whose body agrees: a word ("ok"), a JSON string, or a JSON object whose status fields all agree.
 * An empty body is fine. A web page, or a body without a status, proves nothing.
 */
export function unhealthyBecause({ status, contentType, body }: HealthAnswer): string | undefined {
  if (status !== 200) return `it returned ${status}, not 200`;
  const text = body.trim();
  if (text === "") return undefined;
  if (/html/i.test(contentType) || /^<(!doctype|html)/i.test(text))
    return "it returned a web page, not a health status";
  const parsed = parsedJson(text);
  if (typeof parsed === "object" && parsed !== null) return unhealthyObject(parsed as Record<string, unknown>);
  return isOkWord(parsed ?? text) ? undefined : "the body does not say ok";
}

const fields = ["status", "state", "health", "healthy", "ok", "success", "alive", "ready", "live"];

function unhealthyObject(body: Record<string, unknown>): string | undefined {
  const said = fields.filter((field) => ["string", "boolean", "number"].includes(typeof body[field]));
  if (said.length === 0) return `the body contains no status (${fields.slice(0, 4).join(", ")}, ...)`;
  const bad = said.find((field) => !isOkWord(body[field]));
  return bad && `the body says ${bad}: ${String(body[bad]).slice(0, 100)}`;
}

const okWords =
  /^(ok|okay|healthy|pass|passed|passing|up|alive|live|ready|running|serving|available|success|true|green)$/i;
const badWords = /\b(not|no|un\w+|fail\w*|error\w*|down|degraded|false|critical|dead)\b/i;

function isOkWord(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value === 200;
  const text = String(value);
  return text.length <= 200 && !badWords.test(text) && text.split(/[^a-z]+/i).some((word) => okWords.test(word));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
