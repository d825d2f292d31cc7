import type { ReadTrafficState } from "../traffic-state.ts";
import { cloudRunTrafficState } from "./cloud-run/traffic-state.ts";
import { composeTrafficState } from "./envoy-files/docker.ts";
import { kubernetesTrafficState } from "./kubernetes/traffic-state.ts";

/** Where a stack's traffic is, by the platform that moves it. */
type Place =
  | ({ target: "cloud-run" } & Parameters<typeof cloudRunTrafficState>[0])
  | ({ target: "compose" } & Parameters<typeof composeTrafficState>[0])
  | ({ target: "kubernetes" } & Parameters<typeof kubernetesTrafficState>[0]);

/** Reads the traffic of a stack from its platform. */
export function trafficStateAt(place: Place): ReadTrafficState {
  switch (place.target) {
    case "cloud-run":
      return cloudRunTrafficState(place);
    case "compose":
      return composeTrafficState(place);
    case "kubernetes":
      return kubernetesTrafficState(place);
  }
}
