import type * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../ecosystem/secrets.ts";
import type { ServiceName } from "../ecosystem/services.ts";
import type { Target } from "../ecosystem/targets.ts";
import type { SettingsOn } from "./config/schema.ts";
import type { Revisions } from "./release/release.ts";
import type { Revision } from "./release/revision.ts";
import type { TrafficBarrier } from "./traffic-guard.ts";

/** What a target has to bring into being. */
export type Deployment<T extends Target = Target> = {
  stack: string;
  settings: SettingsOn<T>;
  /** The revisions that have the traffic; none before a stack's first release. */
  stable: Revisions;
  /** The revisions that want it: at 0 %, reachable for smoke. Only services whose candidate is another than their stable have one. */
  candidate: Revisions;
  /** Every image that a release of the stack needs, also an old one, and the stack's own: a registry has to keep them. */
  images: readonly string[];
  /** The value of a generated or given secret, marked as secret. */
  secret: (name: Secret) => pulumi.Output<string>;
  /** What has to be passed by whatever moves traffic. */
  barrier: TrafficBarrier;
};

export type CloudRunDeployment = Deployment<"cloud-run">;
export type ComposeDeployment = Deployment<"compose">;
export type KubernetesDeployment = Deployment<"kubernetes">;

/** Where a revision can be tried, with the headers that lead there. */
export type CandidateUrl = { url: pulumi.Input<string>; headers: Record<string, pulumi.Input<string>> };

/** What a stack answers with: its contract with the promotion, the smoke stage and people. By service, but for the edge. */
export type Outputs = {
  target: Target;
  /** Where users call a service. */
  urls: Record<ServiceName, pulumi.Input<string>>;
  /** Where the candidate answers at 0 %; only while there is one. */
  candidateUrls: Record<ServiceName, CandidateUrl>;
  revisions: Record<ServiceName, { stable: string; candidate?: string }>;
  /** Where the edge's admin interface is reached; none where the platform is the edge. */
  edgeAdmin: pulumi.Input<string> | null;
};

/** One service of a deployment: its stable, and its candidate where there is one. */
export type Pair = { stable: Revision; candidate?: Revision };

/**
 * The services of a deployment in the order in which their releases start them, with their revisions. A service that only
 * the candidate has takes no traffic from anything: its revision is a stable one from the beginning.
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

/** The ids of a deployment's revisions, as the outputs name them. */
export const revisionIds = (deployment: Deployment): Outputs["revisions"] =>
  Object.fromEntries(
    [...pairsOf(deployment)].map(([name, { stable, candidate }]) => [
      name,
      { stable: stable.id, ...(candidate && { candidate: candidate.id }) },
    ]),
  );
