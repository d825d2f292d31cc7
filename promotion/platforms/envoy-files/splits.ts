import { basename } from "node:path";
import type { RouteConfiguration } from "../../../edge/envoy.ts";
import { splitOf } from "../../../edge/routes.ts";
import type { Split } from "../../traffic-state.ts";

/** The splits that an edge's files put in force, by service. `where` is whose files they are. Throws where one is not JSON. */
export const liveSplits = (files: Record<string, string>, where: string): Record<string, Split> =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => basename(name).startsWith("rds-"))
      .map(([name, text]) => (parseJson(text, name, where) as { resources: [RouteConfiguration] }).resources[0])
      .map((routes) => [routes.name, splitOf(routes)]),
  );

/** The splits that were declared last, by service, as they are kept beside the traffic itself. */
export const declaredSplits = (text: string, name: string, where: string): Record<string, Split> =>
  parseJson(text, name, where) as Record<string, Split>;

function parseJson(text: string, name: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} of ${where} is not JSON: ${(error as Error).message}`);
  }
}
