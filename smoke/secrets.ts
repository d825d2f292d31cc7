import { decoded } from "./endpoint.ts";

/** Makes text from elsewhere fit to be shown: secrets masked, control characters gone, one line. */
export type Show = (text: string) => string;

const MASK = "***";

/** Headers whose values a person needs to see and that hold no secret. Every other value is masked. */
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

/** The headers as they may be shown: names in lower case, secret values masked. */
export function shownHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => {
    const key = name.toLowerCase();
    return `${key}: ${harmless.has(key) ? value : MASK}`;
  });
}

/** The address as it may be shown: user, password and the values of the query masked. */
export function shownUrl(url: URL | string): string {
  const shown = new URL(url);
  const credentials = shown.username || shown.password ? `${MASK}@` : "";
  const query = [...shown.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${MASK}`).join("&");
  return `${shown.protocol}//${credentials}${shown.host}${shown.pathname}${query && `?${query}`}`;
}

/** Every secret of one run: values of headers, of the query, and the address's user and password, also in their encoded forms. */
export function secretsOf(url: URL, headers: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(headers)
    .filter(([name]) => !harmless.has(name.toLowerCase()))
    .flatMap(([name, value]) => [value, ...partsOf(name, value)]);
  const ofUrl = [url.username, url.password].flatMap((part) => [part, decoded(part)]);
  const all = [...values, ...ofUrl, ...url.searchParams.values()];
  const forms = all.flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

// Shorter than this is no secret, and masking every "1" of a text would make it unreadable.
const SHORTEST = 4;

/** `Bearer abc` holds `abc`, `Basic ...` a user and a password, a cookie its values. */
function partsOf(name: string, value: string): string[] {
  const [, scheme, rest] = /^(\S+)\s+(.+)$/.exec(value) ?? [];
  if (scheme?.toLowerCase() === "basic" && rest) {
    const pair = Buffer.from(rest, "base64").toString();
    return [rest, pair, ...pair.split(/:(.*)/s)];
  }
  if (name.toLowerCase() === "cookie") return value.split(/;\s*/).map((pair) => pair.slice(pair.indexOf("=") + 1));
  return rest ? [rest] : [];
}

/** A `Show` that masks these secrets; the list may grow while it is used. */
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
