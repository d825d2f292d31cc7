import type { MiB } from "../../../ecosystem/units.ts";

/** What all pods have in common: the restricted pod security level, a spread over nodes, and budgets that never block a drain. */

/** The user of all our images. */
const USER = 10001;

/** The pod-level fields of the restricted level. It has no token unless one of its volumes projects one. */
export const restrictedPod = {
  automountServiceAccountToken: false,
  // variables with other services' addresses would reach servers that read every variable with their prefix
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    fsGroup: USER,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  },
};

/** The same for each container. */
export const restrictedContainer = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    privileged: false,
    capabilities: { drop: ["ALL"] },
  },
};

/** Spreads replicas over nodes and zones if there are several; scheduling a pod anywhere is better than not at all. */
export const spread = (chosen: Record<string, string>) =>
  ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: chosen },
  }));

/** One pod at a time may be evicted, even the only one, and an unhealthy one always: a node can always be drained. */
export const drainable = (chosen: Record<string, string>) => ({
  maxUnavailable: 1,
  unhealthyPodEvictionPolicy: "AlwaysAllow",
  selector: { matchLabels: chosen },
});

/** Requests equal limits, so that no neighbour can take resources away. */
export function resources({ cpu, memoryMi }: { cpu: number; memoryMi: MiB }) {
  // in the API server's own notation, or every deployment would show a difference
  const all = { cpu: Number.isInteger(cpu) ? `${cpu}` : `${Math.round(cpu * 1000)}m`, memory: `${memoryMi}Mi` };
  return { requests: all, limits: all };
}

/** A scratch folder that is deleted with the pod. */
export const scratch = (name: string, limit = "1Gi") => ({ name, emptyDir: { sizeLimit: limit } });
