import { join } from "node:path";
import type { ConfigSource } from "./envoy.ts";
import { type EdgeSettings, edgePaths } from "./settings.ts";

/** The names of the files that Envoy watches. Routes and endpoints have one file each for a service and a revision: Envoy takes one such resource from a file. */
export const FILES = {
  listeners: "lds.json",
  clusters: "cds.json",
  routes: (service: string) => `rds-${service}.json`,
  endpoints: (revision: string) => `eds-${revision}.json`,
} as const;

/** One of those files as a source of configuration: read again whenever a file is moved into their folder. */
export function watchedFile(settings: EdgeSettings, file: string): ConfigSource {
  const { xds } = edgePaths(settings.folder);
  return {
    resource_api_version: "V3",
    path_config_source: { path: join(xds, file), watched_directory: { path: xds } },
  };
}
