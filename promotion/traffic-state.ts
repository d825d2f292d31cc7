/** The percent of new traffic of each revision, by its id; who gets none does not count. */
export type Split = Record<string, number>;

/**
 * Where the traffic of a stack stands, by service: the position that was declared last, and the split in force. What was
 * declared is kept beside the traffic itself, so that whoever comes next knows whether somebody has moved it since.
 */
export type TrafficState = {
  declared: Record<string, Split>;
  live: Record<string, Split>;
  /** Services whose stable is there but has a newer revision behind it, which is named: only Cloud Run has such an order. */
  overtaken?: Record<string, string>;
};

/** Reads where a platform's traffic stands; null where nothing has been deployed yet. Throws when the platform cannot be asked. */
export type ReadTrafficState = () => Promise<TrafficState | null>;

/** True when both send new traffic to the same revisions in the same parts. */
export const sameSplit = (a: Split, b: Split): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((id) => Math.abs((a[id] ?? 0) - (b[id] ?? 0)) < 0.005);

/** A split for people: `akosha-1a2b3c4d5e 90 %, akosha-5e6f7a8b9c 10 %`. */
export const splitInWords = (split: Split): string =>
  Object.entries(split)
    .filter(([, percent]) => percent > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([id, percent]) => `${id} ${Number(percent.toFixed(2))} %`)
    .join(", ") || "nobody";
