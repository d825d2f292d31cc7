import type { ServiceName } from "../../../ecosystem/services.ts";
import type { Pair } from "../../deployment.ts";
import { ReleaseError } from "../../release/release.ts";

type Pairs = ReadonlyMap<ServiceName, Pair>;

/**
 * Which services Cloud Run itself runs, and which one machine does, one instance each. Throws a ReleaseError where a
 * candidate wants to go from one to the other: no share of traffic leads there.
 */
export function placementOf(pairs: Pairs): { stateless: Pairs; single: Pairs } {
  for (const [service, { stable, candidate }] of pairs) {
    if (candidate && candidate.sessions !== stable.sessions) {
      throw new ReleaseError(
        `${service}: ${candidate.id} is ${candidate.sessions} and ${stable.id} is ${stable.sessions}, which run in different places, so traffic cannot be moved between them in steps. Name the release as stable instead of candidate: it then takes over at once`,
      );
    }
  }
  const those = (single: boolean) =>
    new Map([...pairs].filter(([, { stable }]) => (stable.sessions === "single") === single));
  return { stateless: those(false), single: those(true) };
}

/** Who calls each service through the proxy beside it. */
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
