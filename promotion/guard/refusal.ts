import type { Split } from "../../edge/declared-split.ts";
import { sameSplit, splitInWords, type TrafficState } from "../traffic-state.ts";
import type { LastPromotion } from "./history.ts";

/** The revisions that a deployment declares, by service. */
export type DeclaredRevisions = Record<string, { stable: string; candidate?: string }>;

/**
 * What speaks against beginning to declare the resting position of these revisions: stable 100 %, candidate 0 %. Null where
 * nothing does. First match wins; each reason says what to do.
 */
export function objection(asked: {
  stack: string;
  next: DeclaredRevisions;
  trafficState: TrafficState | null;
  last: LastPromotion | null;
}): string | null {
  const { stack, next, trafficState, last } = asked;
  if (last?.result === "open") {
    return `promotion ${last.id} of ${stack} is not over, and traffic is its own until then. Finish it (npx maha resume) or take it back (npx maha rollback --stack ${stack}), then deploy`;
  }
  const unsettled =
    last?.result === "promoted" &&
    last.revisions.find(({ service, stable, candidate }) => {
      if (stable === candidate || next[service]?.stable !== stable) return false;
      // once the candidate was declared stable, its promotion is history, and so it is when its traffic is not there any
      // more: who names the old one again means it
      const settled = sameSplit(trafficState?.declared[service] ?? {}, { [candidate]: 100 });
      const live = trafficState?.live[service];
      return !settled && (live === undefined || sameSplit(live, { [candidate]: 100 }));
    });
  if (unsettled) {
    return `promotion ${last?.id} has given ${unsettled.candidate} all the traffic of ${unsettled.service}, but the settings still name the release before it as stable. Run npx maha settle --stack ${stack}, commit, then deploy`;
  }
  return movedTraffic(next, trafficState);
}

/**
 * What of the traffic that stands there now speaks against it. It can be asked in the middle of a deployment, which changes
 * what was declared last service by service.
 */
export function movedTraffic(next: DeclaredRevisions, trafficState: TrafficState | null): string | null {
  const moved = Object.entries(trafficState?.live ?? {}).find(
    ([service, split]) => !mayMove(split, trafficState?.declared[service], next[service]),
  );
  if (!moved) return overtakenStable(next, trafficState?.overtaken ?? {});
  const [service, split] = moved;
  return `the traffic of ${service} stands at ${splitInWords(split)}, which is neither what was last declared (${splitInWords(trafficState?.declared[service] ?? {})}) nor what this deployment declares (${splitInWords(restingSplit(next[service]))}): somebody moved it. Move it back to one of the two, or make the settings name what has the traffic, then deploy`;
}

/** Without a candidate all traffic goes to the newest revision: a first deployment has no other to name. It must be the stable one. */
function overtakenStable(next: DeclaredRevisions, overtaken: Record<string, string>): string | null {
  const found = Object.entries(next).find(([service, { candidate }]) => candidate === undefined && overtaken[service]);
  if (!found) return null;
  const [service, { stable }] = found;
  return `the newest revision of ${service} is ${overtaken[service]}, and this deployment names ${stable} alone: the platform would give the newest one all the traffic. Keep its release named as candidate (it rests at 0 %) until a newer one replaces it, or promote the older release as a candidate of its own`;
}

/** The split that a deployment rests in. */
const restingSplit = (revisions: DeclaredRevisions[string] | undefined): Split =>
  revisions ? { [revisions.stable]: 100 } : {};

/** Traffic that nobody has, as after a first deployment that failed, was moved by nobody. */
const mayMove = (live: Split, declared: Split | undefined, next: DeclaredRevisions[string] | undefined): boolean =>
  sameSplit(live, {}) || sameSplit(live, restingSplit(next)) || (declared !== undefined && sameSplit(live, declared));
