import type { Split } from "../../edge/declared-split.ts";
import { sameSplit, splitInWords, type TrafficState } from "../traffic-state.ts";
import type { LastPromotion } from "./history.ts";

/** The revisions that a deployment declares, by service. */
export type DeclaredRevisions = Record<string, { stable: string; candidate?: string }>;

/**
 * Why a deployment may not declare the resting position of these revisions (stable 100 %, candidate 0 %), or null when it may.
 * First match wins; each reason says what to do.
 */
export function refusal(asked: {
  stack: string;
  next: DeclaredRevisions;
  trafficState: TrafficState | null;
  last: LastPromotion | null;
}): string | null {
  const { stack, next, trafficState, last } = asked;
  if (last?.result === "open") {
    return `promotion ${last.id} of ${stack} is still running and owns the traffic. Finish it (npx maha resume) or roll it back (npx maha rollback --stack ${stack}), then deploy`;
  }
  const unsettled =
    last?.result === "promoted" &&
    last.revisions.find(({ service, stable, candidate }) => {
      if (stable === candidate || next[service]?.stable !== stable) return false;
      // a promotion no longer matters once its candidate was declared stable, or once the candidate lost its traffic:
      // settings that name the old stable again are then intended
      const settled = sameSplit(trafficState?.declared[service] ?? {}, { [candidate]: 100 });
      const live = trafficState?.live[service];
      return !settled && (live === undefined || sameSplit(live, { [candidate]: 100 }));
    });
  if (unsettled) {
    return `promotion ${last?.id} moved all traffic of ${unsettled.service} to ${unsettled.candidate}, but the settings still name the previous release as stable. Run npx maha settle --stack ${stack}, commit, then deploy`;
  }
  return movedTraffic(next, trafficState);
}

/**
 * Why the live traffic forbids the deployment, or null. Also valid in the middle of a deployment, which updates the declared
 * split service by service.
 */
export function movedTraffic(next: DeclaredRevisions, trafficState: TrafficState | null): string | null {
  const moved = Object.entries(trafficState?.live ?? {}).find(
    ([service, split]) => !mayMove(split, trafficState?.declared[service], next[service]),
  );
  if (!moved) return overtakenStable(next, trafficState?.overtaken ?? {});
  const [service, split] = moved;
  return `the live traffic split of ${service} is ${splitInWords(split)}, which is neither the last declared one (${splitInWords(trafficState?.declared[service] ?? {})}) nor the one this deployment declares (${splitInWords(restingSplit(next[service]))}): it was changed outside the promoter. Move it back to one of the two, or name the revision that has the traffic in the settings, then deploy`;
}

/** Without a candidate, all traffic goes to the newest revision (a first deployment has no other), so it must be the stable one. */
function overtakenStable(next: DeclaredRevisions, overtaken: Record<string, string>): string | null {
  const found = Object.entries(next).find(([service, { candidate }]) => candidate === undefined && overtaken[service]);
  if (!found) return null;
  const [service, { stable }] = found;
  return `the newest revision of ${service} is ${overtaken[service]}, but this deployment names only ${stable}: the platform would route all traffic to the newest one. Keep its release named as candidate (it rests at 0 %) until a newer one replaces it, or promote the older release as a new candidate`;
}

/** The split in a deployment's resting position. */
const restingSplit = (revisions: DeclaredRevisions[string] | undefined): Split =>
  revisions ? { [revisions.stable]: 100 } : {};

/** An empty split, as after a failed first deployment, was not moved by anyone. */
const mayMove = (live: Split, declared: Split | undefined, next: DeclaredRevisions[string] | undefined): boolean =>
  sameSplit(live, {}) || sameSplit(live, restingSplit(next)) || (declared !== undefined && sameSplit(live, declared));
