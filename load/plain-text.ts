import { stripVTControlCharacters } from "node:util";

/**
 * A server's output made safe for a terminal: without escape sequences, control characters and bidirectional overrides.
 * Newlines and tabs are kept.
 */
export const plainText = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]|\p{Cf}|[\u2028\u2029]/gu, "");
