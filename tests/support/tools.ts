import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";

/** Where a program of the system is, if it is on PATH. */
export function onPath(tool: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return join(folder, tool);
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/**
 * A suite that needs programs of the system: skipped by name where one is missing, and failed where CI is set, since
 * there somebody counts on it.
 */
export function describeWith(
  tools: readonly string[],
  name: string,
  options: { timeout?: number; concurrent?: boolean },
  body: () => void,
): void {
  const missing = tools.filter((tool) => !onPath(tool));
  const because = `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not on PATH`;
  if (missing.length === 0) describe(name, options, body);
  else if (process.env.CI) test(name, () => expect.fail(because));
  else describe.skip(`${name} (skipped: ${because})`, options, body);
}
