import type { cloudrunv2 } from "@pulumi/gcp/types/input.js";

type TrafficTarget = cloudrunv2.ServiceTraffic;

/** The tag of the candidate: it gives it an address of its own while it has no share. */
export const CANDIDATE_TAG = "candidate";

/**
 * Where traffic rests: everything on stable, the candidate reachable at 0 %.
 * While stable is alone its revision is the service's only template, and traffic goes to the latest one: a service that is
 * created cannot name a revision, because it has none yet. With a candidate the latest one is the candidate's, so both are named.
 */
export function restingTraffic(stable: string, candidate?: string): TrafficTarget[] {
  if (candidate === undefined) return [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }];
  return [
    { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: stable, percent: 100 },
    { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: candidate, percent: 0, tag: CANDIDATE_TAG },
  ];
}
