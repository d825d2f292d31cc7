import type { cloudrunv2 } from "@pulumi/gcp/types/input.js";

type TrafficTarget = cloudrunv2.ServiceTraffic;

/** The candidate's tag: it gives the candidate its own URL while it has no share. */
export const CANDIDATE_TAG = "candidate";

/**
 * The resting position: all traffic on stable, the candidate reachable at 0 %.
 * Without a candidate, traffic goes to the latest revision, which is stable: a new service has no revision to name yet. With a
 * candidate, the latest revision is the candidate, so both are named.
 */
export function restingTraffic(stable: string, candidate?: string): TrafficTarget[] {
  if (candidate === undefined) return [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }];
  return [
    { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: stable, percent: 100 },
    { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: candidate, percent: 0, tag: CANDIDATE_TAG },
  ];
}
