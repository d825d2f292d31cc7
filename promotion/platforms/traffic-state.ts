import type { ReadTrafficState } from "../traffic-state.ts";
import { cloudRunTrafficState } from "./cloud-run/traffic-state.ts";
import { composeTrafficState } from "./envoy-files/docker.ts";
import { kubernetesTrafficState } from "./kubernetes/traffic-state.ts";

/** How to find a stack's traffic, by platform. */
type PlatformPlace =
  | ({ target: "cloud-run" } & Parameters<typeof cloudRunTrafficState>[0])
  | ({ target: "compose" } & Parameters<typeof composeTrafficState>[0])
  | ({ target: "kubernetes" } & Parameters<typeof kubernetesTrafficState>[0]);

/** Reads a stack's traffic state from its platform. */
export function trafficStateAt(place: PlatformPlace): ReadTrafficState {
  switch (place.target) {
    case "cloud-run":
      return cloudRunTrafficState(place);
    case "compose":
      return composeTrafficState(place);
    case "kubernetes":
      return kubernetesTrafficState(place);
  }
}
