import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { ConfigSource } from "./envoy.ts";
import type { EdgeSettings } from "./settings.ts";

/**
 * The files of an edge, relative to its folder. Envoy watches `xds` alone, so that nothing else in the folder wakes it up.
 * Routes and endpoints have one file each for a service and a revision: Envoy takes one such resource from a file.
 */
export const FILES = {
  settings: "edge.json",
  declared: "declared.json",
  bootstrap: "bootstrap.json",
  sampleBudget: "sample-budget.json",
  listeners: "xds/lds.json",
  clusters: "xds/cds.json",
  certificates: "xds/sds.json",
  routes: (service: string) => `xds/rds-${service}.json`,
  endpoints: (revision: string) => `xds/eds-${revision}.json`,
} as const;

/** Where the edge keeps things, as absolute paths. */
export function edgePaths(folder: string) {
  const root = resolve(folder);
  return {
    root,
    settings: join(root, FILES.settings),
    bootstrap: join(root, FILES.bootstrap),
    xds: join(root, "xds"),
    admin: socketPath(root),
    accessLog: join(root, "access.log"),
    sampleBudget: join(root, FILES.sampleBudget),
    samples: join(root, "samples.log"),
    log: join(root, "envoy.log"),
  };
}

/** One of the watched files as a source of configuration: read again whenever a file is moved into their folder. */
export function watchedFile({ folder }: EdgeSettings, file: string): ConfigSource {
  const { root, xds } = edgePaths(folder);
  return {
    resource_api_version: "V3",
    path_config_source: { path: join(root, file), watched_directory: { path: xds } },
  };
}

/** The file with the edge's preview token: its own, which `createEdge` writes, or the one named in the settings. */
export const previewTokenFile = (settings: EdgeSettings): string =>
  settings.previewTokenFile ?? join(edgePaths(settings.folder).root, "preview-token");

/** The longest path that a unix socket can have on both Linux (107 bytes) and macOS (103). */
const LONGEST_SOCKET_PATH = 103;

function socketPath(root: string) {
  const near = join(root, "admin.sock");
  if (Buffer.byteLength(near) <= LONGEST_SOCKET_PATH) return near;
  return `/tmp/edge-${createHash("sha256").update(root).digest("hex").slice(0, 16)}.sock`;
}
