import { readFile } from "node:fs/promises";
import { parseJson } from "../ecosystem/json.ts";
import { type Plan, parsePlan, plans } from "../promotion/plan.ts";
import { pathOption } from "./paths.ts";
import { UsageError } from "./usage.ts";

/**
 * The plan with that name, or the one in that JSON file.
 * Throws a UsageError if there is neither, and a PlanError for an invalid plan.
 */
export async function readPlan(nameOrFile: string): Promise<Plan> {
  const named = Object.values(plans).find(({ name }) => name === nameOrFile);
  return named ?? parsePlan(await readJson(pathOption(nameOrFile)), nameOrFile);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const names = Object.keys(plans).join(", ");
    const why = error.code === "ENOENT" ? "no such file" : error.message;
    throw new UsageError(
      `--plan ${file}: not a known plan (${names}), and not a readable file: ${why}. Example: --plan evidence`,
    );
  });
  try {
    return parseJson(text);
  } catch (error) {
    throw new UsageError(`--plan ${file}: not valid JSON: ${(error as Error).message}`);
  }
}
