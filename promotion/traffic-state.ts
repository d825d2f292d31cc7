import type { Split, Splits } from "../edge/declared-split.ts";
import { type RoutedRevisions, shareIn } from "../edge/routes.ts";

/**
 * The traffic of a stack by service: the last declared split, and the live one. The declared split is stored with the traffic
 * itself, so that later processes can see whether the traffic was moved since.
 */
export type TrafficState = {
  declared: Splits;
  live: Splits;
  /** The newest revision of each service whose stable is older: only Cloud Run orders revisions. */
  overtaken?: Record<string, string>;
};

/** Reads a platform's traffic state; null when nothing has been deployed yet. Throws when the platform cannot be reached. */
export type ReadTrafficState = () => Promise<TrafficState | null>;

/**
 * The candidates' share according to a platform's live splits, in percent. Throws when services disagree, and when one has no
 * split or routes traffic to an unknown revision.
 */
export function shareOfTraffic(live: Splits, services: readonly RoutedRevisions[]): number {
  const shares = services.map((service) => {
    const split = live[service.name];
    if (!split)
      throw new Error(`the traffic split of ${service.name} is unknown: the platform's answer does not include it`);
    return { name: service.name, share: shareIn(service, split) };
  });
  const [first] = shares;
  if (shares.some(({ share }) => Math.abs(share - (first?.share ?? 0)) >= 0.005)) {
    throw new Error(
      `the services disagree about the share: ${shares.map(({ name, share }) => `${name} ${share} %`).join(", ")}; set it again to reconcile them`,
    );
  }
  return first?.share ?? 0;
}

/** True when both split new traffic identically. */
export const sameSplit = (a: Split, b: Split): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((id) => Math.abs((a[id] ?? 0) - (b[id] ?? 0)) < 0.005);

/** A split for people: `akosha-1a2b3c4d5e 90 %, akosha-5e6f7a8b9c 10 %`. */
export const splitInWords = (split: Split): string =>
  Object.entries(split)
    .filter(([, percent]) => percent > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([id, percent]) => `${id} ${Number(percent.toFixed(2))} %`)
    .join(", ") || "no revision";
