import { expect, test } from "vitest";
import { type ServiceName, services } from "../../../../ecosystem/services.ts";
import { checkNamedEdge, restingPosition } from "../../../../edge/settings.ts";
import { fingerprint } from "../../../../edge/traffic-config-map.ts";
import type { KubernetesSettings } from "../../../../infra/config/schema.ts";
import type { Pair } from "../../../../infra/deployment.ts";
import { edgeSettings, restingEdge } from "../../../../infra/targets/kubernetes/edge-settings.ts";
import { first, prod, revisionOf, second } from "../../../fixtures/kubernetes/states.ts";

const asked = { edge: prod.settings.edge, cluster: prod.settings.kubernetes as KubernetesSettings };
const pairs = new Map<ServiceName, Pair>(
  services.map(({ name }) => [
    name,
    {
      stable: revisionOf(first, name),
      ...(name === "mahavishnu" && { candidate: revisionOf(second, name) }),
    },
  ]),
);
const settings = edgeSettings("prod", pairs, asked);

test("the edge of a cluster divides its limits, trusts the Gateway, authenticates callers and names instances", () => {
  expect(settings).toMatchObject({
    folder: "/var/lib/edge",
    limits: { perMinute: 60, burst: 10, perHour: 1000, replicas: 2, exempt: [] },
    trustedHops: 1,
    auth: prod.settings.edge.auth,
    hosts: [
      "session-buddy.mcp.mahavishnu.dev",
      "akosha.mcp.mahavishnu.dev",
      "mahavishnu.mcp.mahavishnu.dev",
      "edge",
      "edge.mahavishnu-prod",
      "edge.mahavishnu-prod.svc",
      "edge.mahavishnu-prod.svc.cluster.local",
    ],
    accessLog: "stdout",
    metrics: { address: "0.0.0.0", port: 9902 },
  });
  expect(settings.peers).toBeUndefined();
  const [, , mahavishnu] = settings.services;
  const [stable, candidate] = [revisionOf(first, "mahavishnu").id, revisionOf(second, "mahavishnu").id];
  expect(mahavishnu).toEqual({
    name: "mahavishnu",
    listen: { address: "0.0.0.0", port: 18680 },
    peersListen: { address: "0.0.0.0", port: 8680 },
    health: "/healthz",
    stable: { id: stable, endpoints: [{ address: `${stable}.mahavishnu-prod`, port: 8680 }] },
    candidate: { id: candidate, endpoints: [{ address: `${candidate}.mahavishnu-prod`, port: 8680 }] },
  });
});

test("it rests with everything on stable, in an edge that fits into a ConfigMap", () => {
  const edge = restingEdge(settings);
  expect(checkNamedEdge(JSON.parse(edge), "edge.json")).toEqual({ settings, position: restingPosition });
  // a ConfigMap holds a mebibyte, and kubectl keeps a copy in an annotation of 256 KiB
  expect(edge.length).toBeLessThan(16 * 1024);
});

test("another edge has another fingerprint", () => {
  const edge = restingEdge(settings);
  expect(fingerprint(edge)).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprint(restingEdge(structuredClone(settings)))).toBe(fingerprint(edge));
  expect(fingerprint(restingEdge({ ...settings, trustedHops: 2 }))).not.toBe(fingerprint(edge));
});
