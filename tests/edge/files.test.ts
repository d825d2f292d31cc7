import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bootstrap } from "../../edge/bootstrap.ts";
import { clusters, endpoints } from "../../edge/clusters.ts";
import type { Extension, Typed } from "../../edge/envoy.ts";
import { edgeFiles } from "../../edge/files.ts";
import { listeners } from "../../edge/listeners.ts";
import { routes } from "../../edge/routes.ts";
import { type EdgeSettings, restingPosition } from "../../edge/settings.ts";
import { certificates } from "../../edge/tls.ts";
import { createEdge } from "../../promotion/platforms/envoy-files/inforce.ts";
import { envoyBinary, temporaryFolder } from "../fixtures/envoy.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });
const settings: EdgeSettings = {
  folder: "/var/lib/edge",
  services: [
    {
      name: "backend",
      listen: at(8000),
      stable: { id: "backend-1", endpoints: [at(9001), at(9003)] },
      candidate: { id: "backend-2", endpoints: [at(9002)] },
    },
    {
      name: "frontend",
      listen: at(8001),
      stable: { id: "frontend-1", endpoints: [at(9011)] },
      forwards: { paths: ["/mcp"], health: ["/healthz"] },
    },
  ],
};
/** The same with everything that an edge can have. */
const equipped: EdgeSettings = {
  ...settings,
  limits: { perMinute: 60, burst: 10, perHour: 1000, exempt: ["172.30.0.128/25"], replicas: 2 },
  trustedHops: 1,
  accessLog: "stdout",
  metrics: at(9901),
  tls: { certificate: "/run/tls/tls.crt", key: "/run/tls/tls.key" },
  auth: {
    issuer: "https://login.test.dev/",
    audience: "https://mcp.test.dev",
    jwks: "https://login.test.dev/.well-known/jwks.json",
  },
  peers: ["172.30.0.16/32"],
  previewTokenFile: "/run/secrets/preview-token",
  hosts: ["mcp.test.dev", "edge"],
};
const position = { share: 25, draining: ["backend-1"], retired: [] };

test.each<[string, object]>([
  ["bootstrap", bootstrap(settings)],
  ["bootstrap-equipped", bootstrap(equipped)],
  ["listeners", listeners(settings)],
  ["listeners-equipped", listeners(equipped)],
  ["certificates-equipped", equipped.tls ? certificates(equipped.tls) : []],
  ["clusters", clusters(settings, position)],
  ["endpoints", settings.services.map(({ stable }) => endpoints(stable, position))],
  ["routes", settings.services.map((service) => routes(service, position))],
])("the generated %s are as reviewed", async (name, generated) => {
  await expect(`${JSON.stringify(generated, null, 2)}\n`).toMatchFileSnapshot(
    join(import.meta.dirname, "..", "golden", "edge", `${name}.json.golden`),
  );
});

test.each([
  ["plain", settings],
  ["equipped", equipped],
])("Envoy itself finds the generated configuration of an edge (%s) valid", async (_, settings) => {
  // Envoy's validation does not read watched files, so the same resources are put into one static file.
  const folder = await temporaryFolder();
  const here = { ...settings, folder };
  const { dynamic_resources, static_resources, ...start } = bootstrap(here);
  const all = here.services.flatMap(({ stable, candidate }) => (candidate ? [stable, candidate] : [stable]));
  const twin = {
    ...start,
    static_resources: {
      clusters: [
        ...(static_resources?.clusters ?? []),
        ...clusters(here, position).map(({ eds_cluster_config, ...cluster }) => {
          const revision = all.find(({ id }) => id === eds_cluster_config.service_name);
          return untyped({
            ...cluster,
            type: "STATIC",
            load_assignment: revision && untyped(endpoints(revision, position)),
          });
        }),
      ],
      listeners: [
        ...(static_resources?.listeners ?? []),
        ...listeners(here).map((listener) =>
          untyped({
            ...listener,
            filter_chains: listener.filter_chains.map((chain) => ({
              ...chain,
              filters: chain.filters.map(withRoutes),
            })),
          }),
        ),
      ],
    },
  };
  function withRoutes(filter: Extension) {
    const { rds, ...manager } = filter.typed_config as Typed & { rds: { route_config_name: string } };
    const service = here.services.find(({ name }) => name === rds.route_config_name);
    return {
      ...filter,
      typed_config: { ...manager, route_config: service && untyped(routes(service, position)) },
    };
  }
  await createEdge(here); // the certificate stays in its file, which must be there
  const file = join(folder, "twin.json");
  await writeFile(file, JSON.stringify(twin));
  const { stdout, stderr } = await promisify(execFile)(await envoyBinary(), [
    "--mode",
    "validate",
    "-c",
    file,
    "--disable-hot-restart",
  ]);
  expect(stdout + stderr).toContain("OK");
  expect(stderr).not.toMatch(/unknown field|deprecated/i);
});

test("a plain edge has no certificate", () => {
  expect(Object.keys(edgeFiles(settings, restingPosition))).not.toContain("xds/sds.json");
});

test("a folder holds a file for each thing that Envoy watches, and none for what is retired", () => {
  expect(Object.keys(edgeFiles(equipped, { ...restingPosition, share: 100, retired: ["backend-1"] }))).toEqual([
    "xds/eds-backend-2.json",
    "xds/eds-frontend-1.json",
    "xds/cds.json",
    "xds/rds-backend.json",
    "xds/rds-frontend.json",
    "xds/sds.json",
    "sample-budget.json",
    "xds/lds.json",
    "bootstrap.json",
    "edge.json",
    "declared.json",
  ]);
});

/** A resource as it stands inside another one, where its type is clear. */
function untyped({ "@type": _, ...body }: Typed & Record<string, unknown>) {
  return body;
}
