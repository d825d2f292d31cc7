import { decoded } from "./endpoint.ts";

/** Makes untrusted text safe to print: masks secrets, removes control characters, joins lines. */
export type Show = (text: string) => string;

const MASK = "***";

/** Headers whose values are useful and never secret. All other values are masked. */
const harmless = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-type",
  "host",
  "origin",
  "traceparent",
  "user-agent",
  "x-request-id",
  "x-revision",
]);

/** The headers for output: names in lower case, secret values masked. */
export function shownHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => {
    const key = name.toLowerCase();
    return `${key}: ${harmless.has(key) ? value : MASK}`;
  });
}

/** The URL for output: user, password and query values masked. */
export function shownUrl(url: URL | string): string {
  const shown = new URL(url);
  const credentials = shown.username || shown.password ? `${MASK}@` : "";
  const query = [...shown.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${MASK}`).join("&");
  return `${shown.protocol}//${credentials}${shown.host}${shown.pathname}${query && `?${query}`}`;
}

/** Every secret of one run, plain and encoded: header values, query values, and the URL's user and password. */
export function secretsOf(url: URL, headers: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(headers)
    .filter(([name]) => !harmless.has(name.toLowerCase()))
    .flatMap(([name, value]) => [value, ...partsOf(name, value)]);
  const ofUrl = [url.username, url.password].flatMap((part) => [part, decoded(part)]);
  const all = [...values, ...ofUrl, ...url.searchParams.values()];
  const forms = all.flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

// Anything shorter is not a secret, and masking every "1" would make the text unreadable.
const SHORTEST = 4;

/** The secrets within a header: the token after `Bearer`, the user and password in `Basic`, a cookie's values. */
function partsOf(name: string, value: string): string[] {
  const [, scheme, rest] = /^(\S+)\s+(.+)$/.exec(value) ?? [];
  if (scheme?.toLowerCase() === "basic" && rest) {
    const pair = Buffer.from(rest, "base64").toString();
    return [rest, pair, ...pair.split(/:(.*)/s)];
  }
  if (name.toLowerCase() === "cookie") return value.split(/;\s*/).map((pair) => pair.slice(pair.indexOf("=") + 1));
  return rest ? [rest] : [];
}

/** A `Show` that masks these secrets; the list may grow later. */
export function masking(secrets: Iterable<string>): Show {
  return (text) => {
    const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
    return longestFirst
      .reduce((shown, secret) => shown.replaceAll(secret, MASK), text)
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
      .replace(/ {2,}/g, " ")
      .trim();
  };
}
