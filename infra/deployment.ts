import type * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../ecosystem/secrets.ts";
import type { ServiceName } from "../ecosystem/services.ts";
import type { Target } from "../ecosystem/targets.ts";
import type { SettingsOn } from "./config/schema.ts";
import type { Revisions } from "./release/release.ts";
import type { Revision } from "./release/revision.ts";
import type { TrafficBarrier } from "./traffic-guard.ts";

/** What a target has to deploy. */
export type Deployment<T extends Target = Target> = {
  stack: string;
  settings: SettingsOn<T>;
  /** The stable revisions; none before the stack's first release. */
  stable: Revisions;
  /** The candidates, at 0 % and reachable for smoke tests; only of services whose candidate differs from stable. */
  candidate: Revisions;
  /** Every image of the stack's releases, including old ones, and the stack's own images: the registry must keep them. */
  images: readonly string[];
  /** The value of a generated or given secret, marked as secret. */
  secret: (name: Secret) => pulumi.Output<string>;
  /** Every resource that moves traffic must pass this barrier. */
  barrier: TrafficBarrier;
};

export type CloudRunDeployment = Deployment<"cloud-run">;
export type ComposeDeployment = Deployment<"compose">;
export type KubernetesDeployment = Deployment<"kubernetes">;

/** Where a candidate can be tested, with the headers that select it. */
export type CandidateUrl = { url: pulumi.Input<string>; headers: Record<string, pulumi.Input<string>> };

/** Stack outputs: the contract with promotion, smoke tests and people. By service, except for the edge. */
export type Outputs = {
  target: Target;
  /** The URL of each service for users. */
  urls: Record<ServiceName, pulumi.Input<string>>;
  /** The URL of each candidate at 0 %; only while there is one. */
  candidateUrls: Record<ServiceName, CandidateUrl>;
  revisions: Record<ServiceName, { stable: string; candidate?: string }>;
  /** The edge's admin interface; null when the platform itself is the edge. */
  edgeAdmin: pulumi.Input<string> | null;
};

/** One service of a deployment: its stable, and its candidate if there is one. */
export type Pair = { stable: Revision; candidate?: Revision };

/**
 * The services of a deployment in their releases' start order, with their revisions. A service that only the candidate
 * release has competes with no stable, so its revision is stable from the beginning.
 */
export function pairsOf({ stable, candidate }: Pick<Deployment, "stable" | "candidate">): Map<ServiceName, Pair> {
  const pairs = new Map<ServiceName, Pair>();
  for (const [name, had] of stable) {
    const wants = candidate.get(name);
    pairs.set(name, { stable: had, ...(wants && { candidate: wants }) });
  }
  for (const [name, first] of candidate) if (!stable.has(name)) pairs.set(name, { stable: first });
  return pairs;
}

/** All revisions of a deployment. */
export const revisionsOf = ({ stable, candidate }: Pick<Deployment, "stable" | "candidate">): Revision[] => [
  ...stable.values(),
  ...candidate.values(),
];

/** The revision ids of a deployment, as in the outputs. */
export const revisionIds = (deployment: Deployment): Outputs["revisions"] =>
  Object.fromEntries(
    [...pairsOf(deployment)].map(([name, { stable, candidate }]) => [
      name,
      { stable: stable.id, ...(candidate && { candidate: candidate.id }) },
    ]),
  );
