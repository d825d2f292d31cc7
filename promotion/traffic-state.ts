import type { Split, Splits } from "../edge/declared-split.ts";
import { type RevisionIds, shareIn } from "../edge/routes.ts";

/**
 * Where the traffic of a stack stands, by service: the position that was declared last, and the split in force. What was
 * declared is kept beside the traffic itself, so that whoever comes next knows whether somebody has moved it since.
 */
export type TrafficState = {
  declared: Splits;
  live: Splits;
  /** Services whose stable is there but has a newer revision behind it, which is named: only Cloud Run has such an order. */
  overtaken?: Record<string, string>;
};

/** Reads where a platform's traffic stands; null where nothing has been deployed yet. Throws when the platform cannot be asked. */
export type ReadTrafficState = () => Promise<TrafficState | null>;

/**
 * The share of the candidates that a platform's live splits come to, in percent. Throws when the services disagree, and when
 * one has no split or gives traffic to a revision that it does not have.
 */
export function shareOfTraffic(live: Splits, services: readonly RevisionIds[]): number {
  const shares = services.map((service) => {
    const split = live[service.name];
    if (!split) throw new Error(`nobody knows the split of ${service.name}: the platform answered without it`);
    return { name: service.name, share: shareIn(service, split) };
  });
  const [first] = shares;
  if (shares.some(({ share }) => Math.abs(share - (first?.share ?? 0)) >= 0.005)) {
    throw new Error(
      `the services disagree about the share: ${shares.map(({ name, share }) => `${name} ${share} %`).join(", ")}; set it again to bring them together`,
    );
  }
  return first?.share ?? 0;
}

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
