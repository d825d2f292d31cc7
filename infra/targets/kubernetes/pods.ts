import type { MiB } from "../../../ecosystem/units.ts";

/** What all pods have in common: the restricted pod-security level, a spread over machines, drains that nothing blocks. */

/** The one user that all our images know. */
const USER = 10001;

/** The part of a pod that the restricted level is about. It has no token unless a volume of its own brings one. */
export const restrictedPod = {
  automountServiceAccountToken: false,
  // the addresses of other services as variables would reach settings that read every variable of a prefix
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

/** The same of each container. */
export const restrictedContainer = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    privileged: false,
    capabilities: { drop: ["ALL"] },
  },
};

/** Replicas on different machines and in different zones where there are several, but a pod that runs anywhere is better than none. */
export const spread = (chosen: Record<string, string>) =>
  ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: chosen },
  }));

/** One pod at a time may be moved, also the only one, and one that is ill anyway: a machine can always be emptied. */
export const drainable = (chosen: Record<string, string>) => ({
  maxUnavailable: 1,
  unhealthyPodEvictionPolicy: "AlwaysAllow",
  selector: { matchLabels: chosen },
});

/** What a container is promised and what it may use: the same, so that no neighbour takes it away. */
export function resources({ cpu, memoryMi }: { cpu: number; memoryMi: MiB }) {
  // as the API server itself writes it, or each deployment would show a difference
  const all = { cpu: Number.isInteger(cpu) ? `${cpu}` : `${Math.round(cpu * 1000)}m`, memory: `${memoryMi}Mi` };
  return { requests: all, limits: all };
}

/** A folder that a pod may write into and that is gone with it. */
export const scratch = (name: string, limit = "1Gi") => ({ name, emptyDir: { sizeLimit: limit } });
