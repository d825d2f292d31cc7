import { plainText } from "./plain-text.ts";

/**
 * An error's message and, where `fetch` hides it behind "fetch failed", its cause's. Control sequences are stripped, since a
 * server may have written it.
 */
export const reason = (error: unknown): string => plainText(wordsOf(error));

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
