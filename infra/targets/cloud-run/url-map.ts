import type { compute } from "@pulumi/gcp/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { REVISION_HEADER } from "../../../edge/routes.ts";

/** A service's backends: its traffic split, and only the candidate if there is one. */
export type Backends = { split: pulumi.Input<string>; candidate?: pulumi.Input<string> };

type Map = { hostRules: compute.URLMapHostRule[]; pathMatchers: compute.URLMapPathMatcher[] };

/**
 * Each service has its own name below the domain. As at every edge, a header selects the candidate while it has no share.
 */
export function urlMapOf(domain: string, services: ReadonlyMap<ServiceName, Backends>): Map {
  const names = [...services.keys()];
  return {
    hostRules: names.map((name) => ({ hosts: [`${name}.${domain}`], pathMatcher: name })),
    pathMatchers: names.map((name) => {
      const { split, candidate } = services.get(name) as Backends;
      return {
        name,
        defaultService: split,
        ...(candidate !== undefined && {
          routeRules: [
            {
              priority: 1,
              matchRules: [
                { prefixMatch: "/", headerMatches: [{ headerName: REVISION_HEADER, exactMatch: "candidate" }] },
              ],
              service: candidate,
            },
          ],
        }),
      };
    }),
  };
}
