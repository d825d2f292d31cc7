import { z } from "zod";
import { parseJsonOf } from "../ecosystem/json.ts";

/** The percent of new traffic of each revision, by its id; a revision that is missing gets none. */
export type Split = Record<string, number>;

/** The split of each service, by its name. */
export type Splits = Record<string, Split>;

/** The annotation that keeps the declared split beside the traffic itself, on platforms that have annotations. */
export const DECLARED_ANNOTATION = "mahavishnu.dev/declared";

/**
 * The resting position of these services, which is kept beside their traffic: stable 100 %, candidate 0 %. Whoever comes
 * next compares it with the split in force, and so detects traffic that was moved since.
 */
export const declaredSplits = (
  services: Iterable<{ name: string; stable: { id: string }; candidate?: { id: string } }>,
): Splits =>
  Object.fromEntries(
    [...services].map(({ name, stable, candidate }) => [
      name,
      { [stable.id]: 100, ...(candidate && { [candidate.id]: 0 }) },
    ]),
  );

/** The declared splits as an annotation or a file holds them. */
export const encodeDeclared = (splits: Splits): string => JSON.stringify(splits);

/** Reads what `encodeDeclared` wrote. `where` names its place for the person who reads the error. */
export function decodeDeclared(text: string, where: string): Splits {
  const parsed = declared.safeParse(parseJsonOf(text, where));
  if (!parsed.success) throw new Error(`${where} is not a declared split:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const declared = z.record(z.string(), z.record(z.string(), z.number().min(0).max(100)));
