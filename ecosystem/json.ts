/**
 * Parses JSON from a file. Throws a SyntaxError when it is not JSON or contains the key `__proto__`, which schema checks may
 * drop silently and copies may turn into a prototype.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  checkKeys(value);
  return value;
}

/** The same for JSON that has a place: `where` names it in the error, for the person who reads it. */
export function parseJsonOf(text: string, where: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new Error(`${where} is not JSON: ${(error as Error).message}`);
  }
}

/** Throws a SyntaxError that names the place when a parsed file contains the key `__proto__`. */
export function checkKeys(value: unknown, place = ""): void {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) {
    throw new SyntaxError(`the key __proto__ is not allowed${place === "" ? "" : ` (in ${place})`}`);
  }
  for (const [key, inner] of Object.entries(value)) {
    checkKeys(inner, Array.isArray(value) ? `${place}[${key}]` : place === "" ? key : `${place}.${key}`);
  }
}
