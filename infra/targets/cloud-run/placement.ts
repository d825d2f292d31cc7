import type { ServiceName } from "../../../ecosystem/services.ts";
import type { Pair } from "../../deployment.ts";
import { ReleaseError } from "../../release/release.ts";

type Pairs = ReadonlyMap<ServiceName, Pair>;

/**
 * Divides services between Cloud Run and the VM, which runs one instance of each. Throws a ReleaseError when a candidate would
 * move from one to the other: traffic cannot be split between them.
 */
export function placementOf(pairs: Pairs): { stateless: Pairs; single: Pairs } {
  for (const [service, { stable, candidate }] of pairs) {
    if (candidate && candidate.sessions !== stable.sessions) {
      throw new ReleaseError(
        `${service}: ${candidate.id} is ${candidate.sessions} and ${stable.id} is ${stable.sessions}, which run on different platforms, so traffic cannot be shifted between them in steps. Name the release as stable instead of candidate to switch at once`,
      );
    }
  }
  const those = (single: boolean) =>
    new Map([...pairs].filter(([, { stable }]) => (stable.sessions === "single") === single));
  return { stateless: those(false), single: those(true) };
}

/** The services that call each service, through their sidecar proxies. */
export function callersOf(pairs: Pairs): Map<ServiceName, ServiceName[]> {
  const callers = new Map<ServiceName, ServiceName[]>();
  for (const [caller, { stable, candidate }] of pairs) {
    const peers = [stable, candidate].flatMap((revision) => revision?.identityProxy?.peers ?? []);
    for (const service of new Set(peers.map((peer) => peer.service))) {
      callers.set(service, [...(callers.get(service) ?? []), caller]);
    }
  }
  return callers;
}
